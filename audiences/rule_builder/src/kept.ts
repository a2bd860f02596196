// What was made and not saved, kept for as long as the window is open: a reload brings it back.

import type { Group } from "./document";

interface Kept {
  original: string; // what the field held: of another original it is no draft
  query: Group;
  names: Record<string, string>;
}

const keyOf = (field: HTMLTextAreaElement): string =>
  `rule-builder ${location.pathname}${location.search} ${field.name}`;

export function kept(field: HTMLTextAreaElement): Kept | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(keyOf(field)) ?? "null") as Kept | null;
    return found?.original === field.value ? found : null;
  } catch {
    return null;
  }
}

export function keep(field: HTMLTextAreaElement, draft: Kept) {
  try {
    sessionStorage.setItem(keyOf(field), JSON.stringify(draft));
  } catch {
    // no room, or not allowed: then a reload loses it, as it does everywhere else
  }
}

export function forget(field: HTMLTextAreaElement) {
  sessionStorage.removeItem(keyOf(field));
}
