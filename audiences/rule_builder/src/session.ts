// What the builder is given along with its field, and what it asks the platform.

import type { Catalogue } from "./catalogue";
import type { Option } from "./combobox";
import type { Document, Path } from "./document";

export interface Given {
  urls: { fields: string; preview: string; segments: string; audiences: string };
  space: number;
  audience: number | null;
  names: Record<string, string>;
  problems: Problem[];
}

export interface Problem {
  path: Path;
  problem: string;
}

export interface Step {
  path: Path;
  sentence: string;
  count: number;
  removes: number;
  adds: number;
}

export interface Outcome {
  count: number;
  everyone: number;
  percent: number;
  exact: boolean;
  as_of: string;
  steps: Step[];
  warnings: string[];
  sample: { title: string; url: string }[];
  would_enter: number | null;
  would_leave: number | null;
  sentence: string;
  pql?: string;
  unsayable?: string[];
}

export class Session {
  constructor(
    readonly given: Given,
    private readonly token: string,
  ) {}

  async catalogue(): Promise<Catalogue> {
    return (await this.get(this.given.urls.fields)) as Catalogue;
  }

  async preview(
    rule: Document,
    estimate: boolean,
    signal: AbortSignal,
  ): Promise<Outcome | { problems: Problem[] }> {
    const { space, audience } = this.given;
    const answer = await fetch(this.given.urls.preview, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.token },
      body: JSON.stringify({ space, audience, rule, estimate }),
      signal,
    });
    return read(answer);
  }

  /** The segments or audiences that a word finds; what they are called is kept for when they are
   * shown again. */
  async find(thing: "segments" | "audiences", term: string): Promise<Option[]> {
    const found = (await this.get(this.given.urls[thing], { term })) as {
      results: { text: string; uuid: string }[];
    };
    return found.results.map(({ text, uuid }) => {
      this.given.names[uuid] = text;
      return { value: uuid, label: text };
    });
  }

  private async get(url: string, asked: Record<string, string> = {}): Promise<unknown> {
    const query = new URLSearchParams({ ...asked, space: String(this.given.space) });
    return read(await fetch(`${url}?${query}`));
  }
}

async function read<Answer>(answer: Response): Promise<Answer> {
  if (!answer.ok || answer.redirected) {
    throw new Error(answer.redirected ? "You are logged out." : `The server said ${answer.status}.`);
  }
  return (await answer.json()) as Answer;
}
