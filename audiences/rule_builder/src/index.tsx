// Puts a builder in the place of every field that holds a rule, now and whenever one is added to
// the page. The field stays in the form, unseen, and holds what is sent.

import { createRoot, type Root } from "react-dom/client";
import { flushSync } from "react-dom";
import { Builder } from "./builder";
import type { Catalogue } from "./catalogue";
import { Unreadable, read, write, type Group, type Written } from "./document";
import { forget, keep, kept } from "./kept";
import { Session, type Given } from "./session";
import "./rule-builder.css";

async function mount(field: HTMLTextAreaElement) {
  const holder = document.createElement("div");
  holder.className = "rules-holder";
  holder.textContent = "Looking up the fields of the space…";
  field.after(holder);
  show(field, holder, false);
  try {
    const given = JSON.parse(field.dataset.ruleBuilder ?? "") as Given;
    const token = field.form?.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]");
    const session = new Session(given, token?.value ?? "");
    const catalogue = await session.catalogue();
    const saved = read(parse(field.value), catalogue);
    holder.textContent = "";
    new Mounted(field, holder, session, catalogue, saved).start();
  } catch (error) {
    holder.textContent = "";
    show(field, holder, true);
    const why = error instanceof Unreadable ? `${error.message}.` : (error as Error).message;
    tell(holder, `The rule is shown as its document, not as conditions. ${why}`);
  }
}

/** A builder on the page: it keeps the field, and what isn't saved, in step with what one edits. */
class Mounted {
  private readonly root: Root;
  private readonly original: string;
  private readonly unchanged: string;
  private written: Written | null = null;
  private isTried = false;
  private turn = 0;

  constructor(
    private readonly field: HTMLTextAreaElement,
    private readonly holder: HTMLElement,
    private readonly session: Session,
    private readonly catalogue: Catalogue,
    private readonly saved: Group,
  ) {
    this.original = field.value;
    this.unchanged = JSON.stringify(write(saved).document);
    this.root = createRoot(holder.appendChild(document.createElement("div")));
  }

  start() {
    const draft = kept(this.field);
    if (draft) {
      Object.assign(this.session.given.names, draft.names);
      this.offerTheWayBack();
    }
    this.draw(draft?.query ?? this.saved);
    this.field.form?.addEventListener("submit", (event) => this.submit(event));
  }

  private draw(start: Group) {
    const { session, catalogue, isTried } = this;
    const onChange = (written: Written, query: Group) => this.change(written, query);
    this.root.render(
      <Builder key={this.turn} {...{ session, catalogue, start, isTried, onChange }} />,
    );
  }

  private change(written: Written, query: Group) {
    const { field, original } = this;
    this.written = written;
    const text = JSON.stringify(written.document);
    const isChanged = text !== this.unchanged;
    const value = isChanged ? text : original;
    if (value === field.value) return;
    field.value = value;
    for (const name of ["input", "change"]) {
      field.dispatchEvent(new Event(name, { bubbles: true }));
    }
    if (isChanged) keep(field, { original, query, names: this.session.given.names });
    else forget(field);
  }

  private offerTheWayBack() {
    const notice = tell(this.holder, "You had not saved this yet: it is as you left it. ");
    const back = document.createElement("button");
    back.type = "button";
    back.className = "button";
    back.textContent = parse(this.original) ? "Back to what is saved" : "Begin anew";
    back.addEventListener("click", () => {
      forget(this.field);
      notice.remove();
      this.turn += 1;
      this.draw(this.saved);
    });
    notice.append(back);
  }

  private submit(event: SubmitEvent) {
    if (!this.field.isConnected) return; // its card was taken off the page
    if (!this.written?.lacking.size) {
      forget(this.field);
      return;
    }
    event.preventDefault();
    this.isTried = true;
    flushSync(() => this.draw(this.saved));
    const wrong = this.holder.querySelector<HTMLElement>("[aria-invalid=true], .rules-problem");
    wrong?.scrollIntoView({ block: "center" });
    wrong?.focus();
  }
}

function tell(holder: HTMLElement, text: string): HTMLElement {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.append(text);
  holder.prepend(notice);
  return notice;
}

function parse(text: string): unknown {
  try {
    return text.trim() ? JSON.parse(text) : null;
  } catch {
    throw new Unreadable("It is not JSON");
  }
}

/** The field, and what is said below it of JSON, is for who has no builder. What the builder itself
 * says of problems, each at its condition, need not stand below it too. */
function show(field: HTMLTextAreaElement, holder: HTMLElement, isShown: boolean) {
  field.hidden = !isShown;
  holder.closest(".field-line")?.classList.toggle("rules-line", !isShown);
}

const mounted = new WeakSet<Element>();

function mountAll() {
  for (const field of document.querySelectorAll<HTMLTextAreaElement>("[data-rule-builder]")) {
    if (mounted.has(field)) continue;
    mounted.add(field);
    void mount(field);
  }
}

mountAll();
new MutationObserver(mountAll).observe(document.body, { childList: true, subtree: true });
