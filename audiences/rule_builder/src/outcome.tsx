// What the rule would do, as one edits it.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { keyOf, type Written } from "./document";
import type { Outcome, Problem, Session, Step } from "./session";

export interface Looked {
  outcome: Outcome | null;
  of: Written | null; // what the outcome is of
  problems: Problem[];
  problemsOf: Written;
  isAsking: boolean;
  failure: string;
}

const WAIT = 300; // milliseconds after the last change
const PAUSE = 300; // milliseconds that an estimate stands before all are counted, where they are
const MANY = 100_000; // more than so many: that is work, and one may go on editing
const QUICK = 400; // milliseconds: where all are counted as fast, there is no estimate before

/** Ask whom the rule means, some time after it last changed: about, at first, then exactly. Where
 * it is as fast, the platform counts exactly at once. */
export function useOutcome(session: Session, written: Written): Looked {
  const [looked, setLooked] = useState<Looked>({
    outcome: null,
    of: null,
    problems: session.given.problems,
    problemsOf: written,
    isAsking: false,
    failure: "",
  });
  const isSlow = useRef(true);
  const isFirst = useRef(true);
  const text = JSON.stringify(written.document);
  const isWhole = written.lacking.size === 0;

  useEffect(() => {
    if (!isWhole) {
      setLooked((before) => ({ ...before, isAsking: false, failure: "" }));
      return;
    }
    const stop = new AbortController();
    const wasFirst = isFirst.current;
    isFirst.current = false;
    const ask = async () => {
      setLooked((before) => ({ ...before, isAsking: true }));
      try {
        for (const estimate of isSlow.current ? [true, false] : [false]) {
          const began = performance.now();
          const answer = await session.preview(written.document, estimate, stop.signal);
          const isDone = "problems" in answer || answer.exact;
          if (!("problems" in answer) && answer.exact) {
            isSlow.current = answer.everyone > MANY || performance.now() - began > QUICK;
          }
          setLooked((before) =>
            "problems" in answer
              ? { ...before, ...answer, problemsOf: written, isAsking: false, failure: "" }
              : {
                  outcome: answer,
                  of: written,
                  problems: [],
                  problemsOf: written,
                  isAsking: !isDone,
                  failure: "",
                },
          );
          if (isDone) return;
          if (answer.everyone > MANY && !wasFirst) await new Promise((go) => setTimeout(go, PAUSE));
          if (stop.signal.aborted) return;
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        setLooked((before) => ({ ...before, isAsking: false, failure: (error as Error).message }));
      }
    };
    const timer = setTimeout(() => void ask(), wasFirst ? 0 : WAIT);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // `written` is new at every drawing: what counts is what it says.
  }, [text, isWhole, session]);
  return looked;
}

const count = (number: number): string => number.toLocaleString();
const members = (number: number): string => `${count(number)} member${number === 1 ? "" : "s"}`;

export function OutcomePanel({ looked, written }: { looked: Looked; written: Written }) {
  const { outcome, problems, isAsking, failure } = looked;
  const lacking = written.lacking.size;
  const isStale = isAsking || lacking + problems.length > 0;
  return (
    <section className="rules-side" aria-label="Who is in it" data-stale={isStale}>
      <div className="rules-count">
        {outcome ? (
          <p role="status">
            <span className="count">
              {outcome.exact ? "" : "about "}
              {count(outcome.count)}
            </span>{" "}
            of {members(outcome.everyone)}
            <span className="quiet"> · {percent(outcome)} %</span>
          </p>
        ) : (
          <p role="status" className="quiet">
            Who is in it is counted here.
          </p>
        )}
        <p className="quiet rules-state">{state(looked, lacking)}</p>
      </div>
      {failure && (
        <p className="notice">It could not be counted. {failure} What you have made is kept.</p>
      )}
      {outcome && (
        <div className="rules-outcome">
          {outcome.exact && outcome.would_enter !== null && <Saving outcome={outcome} />}
          {outcome.warnings.map((warning) => (
            <p key={warning} className="notice">
              {warning}
            </p>
          ))}
          <p className="sentence">{outcome.sentence}.</p>
          <Funnel outcome={outcome} />
          <People outcome={outcome} />
          <Fold title="In PQL">
            {outcome.pql ? (
              <code>{outcome.pql}</code>
            ) : (
              outcome.unsayable?.map((reason) => <p key={reason}>{reason}</p>)
            )}
          </Fold>
        </div>
      )}
    </section>
  );
}

const percent = ({ percent: share, count: held }: Outcome): string =>
  held && share < 0.01 ? "under 0.01" : String(share);

function state({ outcome, problems, isAsking }: Looked, lacking: number): string {
  const before = outcome ? ": this is from before" : "";
  if (lacking) {
    const parts = lacking === 1 ? "One condition is" : `${lacking} conditions are`;
    return `${parts} not complete yet${before}.`;
  }
  if (isAsking) return outcome && !outcome.exact ? "Counting exactly…" : "Counting…";
  if (problems.length) return `Something is to be mended${before}.`;
  if (!outcome) return "";
  const time = new Date(outcome.as_of).toLocaleTimeString([], { timeStyle: "short" });
  return `Counted at ${time}. Nothing is saved yet.`;
}

function Saving({ outcome }: { outcome: Outcome }) {
  const { would_enter: adds, would_leave: removes } = outcome;
  if (!adds && !removes) return <p>Saving changes nothing about who is in it.</p>;
  return (
    <p>
      Saving adds <strong>{count(adds ?? 0)}</strong> and removes{" "}
      <strong>{count(removes ?? 0)}</strong>.
    </p>
  );
}

/** How many are left after each part of the outermost group; of an “any”, how many are in so far. */
function Funnel({ outcome }: { outcome: Outcome }) {
  const root = outcome.steps[0];
  const form = outcome.steps.some(({ path }) => keyOf(path) === "all/0") ? "all" : "any";
  const parts = outcome.steps.filter(({ path }) => path.length === 2 && path[0] === form);
  if (!root || parts.length < 2) return null;
  const everyone = outcome.everyone;
  let held = form === "all" ? everyone : 0;
  const lines = parts.map((part) => {
    held += form === "all" ? -part.removes : part.adds;
    return { part, held };
  });
  return (
    <ol className="rules-funnel" aria-label="Condition by condition">
      {lines.map(({ part, held: now }) => (
        <li key={keyOf(part.path)}>
          <span>{part.sentence}</span>
          <strong>{count(now)}</strong>
          <div className="bar" aria-hidden>
            <div style={{ width: `${everyone ? (100 * now) / everyone : 0}%` }} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function People({ outcome }: { outcome: Outcome }) {
  if (!outcome.sample.length) return null;
  return (
    <Fold title={outcome.count > outcome.sample.length ? "Some of them" : "Those in it"} isOpen>
      <ul className="rules-people">
        {outcome.sample.map(({ title, url }) => (
          <li key={url}>
            <a className="link" href={url} target="_blank" rel="noopener">
              {title}
            </a>
          </li>
        ))}
      </ul>
    </Fold>
  );
}

function Fold({ title, isOpen, children }: { title: string; isOpen?: boolean; children: ReactNode }) {
  return (
    <details open={isOpen}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** Of one condition: how many it holds for, and what it does where it stands. */
export function stepSaid(step: Step & { within: string | null }, everyone: number): string {
  const share = everyone ? ` (${Math.round((100 * step.count) / everyone)} %)` : "";
  const said = `${count(step.count)}${share}`;
  if (step.within === "all") return `${said}, takes out ${count(step.removes)}`;
  if (step.within === "any") return `${said}, lets in ${count(step.adds)}`;
  if (step.within === "none") return `${said}, takes out ${count(step.adds)}`;
  return said;
}
