// The builder: the tree on one side, what it means on the other.

import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import {
  draggable,
  dropTargetForElements,
  monitorForElements,
} from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { QueryBuilderDnD } from "@react-querybuilder/dnd";
import { createPragmaticDndAdapter } from "@react-querybuilder/dnd/pragmatic-dnd";
import { useEffect, useMemo, useRef, useState } from "react";
import {
  QueryBuilder,
  Rule,
  RuleGroup,
  findPath,
  getParentPath,
  update,
  type RuleGroupProps,
  type RuleGroupType,
  type RuleProps,
} from "react-querybuilder";
import { QueryBuilderHistory } from "react-querybuilder/history";
import { operatorGroups, usualOperator, type Catalogue } from "./catalogue";
import { COMBINATORS, keyOf, ownerOf, write, type Group, type Written } from "./document";
import {
  CombinatorSelector,
  FieldSelector,
  OperatorSelector,
  Surrounding,
  useSurroundings,
  type Said,
} from "./editors";
import { OutcomePanel, stepSaid, useOutcome, type Looked } from "./outcome";
import type { Session } from "./session";
import { ValueEditor } from "./value-editor";

const dnd = createPragmaticDndAdapter({
  draggable,
  dropTargetForElements,
  monitorForElements,
  combine,
});

const CONTROLS = {
  combinatorSelector: CombinatorSelector,
  fieldSelector: FieldSelector,
  operatorSelector: OperatorSelector,
  valueEditor: ValueEditor,
};

/** A sign of the admin's own font of signs. */
const sign = (name: string) => (
  <span className="material-symbols-outlined" aria-hidden>
    {name}
  </span>
);

const WORDS = {
  addRule: { label: "+ Condition", title: "Add a condition to this group" },
  addGroup: { label: "+ Group", title: "Add a group in this group" },
  removeRule: { label: sign("close"), title: "Take this condition out" },
  removeGroup: { label: sign("close"), title: "Take this group out" },
  cloneRule: { label: sign("content_copy"), title: "Double this condition" },
  cloneRuleGroup: { label: sign("content_copy"), title: "Double this group" },
  dragHandle: { label: sign("drag_indicator"), title: "Drag to another place" },
  shiftActionUp: { label: sign("arrow_upward"), title: "Move up" },
  shiftActionDown: { label: sign("arrow_downward"), title: "Move down" },
  undo: { label: sign("undo"), title: "Undo" },
  redo: { label: sign("redo"), title: "Redo" },
};

const BUTTON = "button rules-button";
const CLASSES = {
  addRule: BUTTON,
  addGroup: BUTTON,
  removeRule: `${BUTTON} quiet`,
  removeGroup: `${BUTTON} quiet`,
  cloneRule: `${BUTTON} quiet`,
  cloneGroup: `${BUTTON} quiet`,
};

function Remarks({ id }: { id: string | undefined }) {
  const { said, everyone } = useSurroundings();
  const { step, problems, isWrong } = said.get(id ?? "") ?? { problems: [], isWrong: false };
  if (!problems.length) {
    return step ? <p className="rules-step quiet">{stepSaid(step, everyone)}</p> : null;
  }
  return (
    <p id={`problem-${id}`} className={isWrong ? "rules-problem" : "rules-step quiet"}>
      {problems.join(" ")}
    </p>
  );
}

function Condition(props: RuleProps) {
  return (
    <div className="rules-condition" role="group" aria-label={`Condition ${numbered(props.path)}`}>
      <Rule {...props} />
      <Remarks id={props.id} />
    </div>
  );
}

function Conditions(props: RuleGroupProps) {
  const { path } = props;
  return (
    <div
      className="rules-group"
      role="group"
      aria-label={path.length ? `Group ${numbered(path)}` : "The rule"}
    >
      <RuleGroup {...props} />
      <Remarks id={props.id} />
    </div>
  );
}

const numbered = (path: number[]): string => path.map((each) => each + 1).join(".");
const WRAPPERS = { rule: Condition, ruleGroup: Conditions };

/** What is to be said of each condition and group: what it does, or what is wrong with it. */
function remarks(written: Written, looked: Looked, isTried: boolean): Map<string, Said> {
  const said = new Map<string, Said>();
  const of = (id: string): Said => {
    if (!said.has(id)) said.set(id, { problems: [], isWrong: false });
    return said.get(id) as Said;
  };
  for (const step of looked.outcome?.steps ?? []) {
    const place = looked.of?.places.get(keyOf(step.path));
    if (place?.within) of(place.id).step = { ...step, within: place.within };
  }
  for (const { path, problem } of looked.problems) {
    const id = ownerOf(path, looked.problemsOf.places);
    if (id && !written.lacking.has(id)) {
      of(id).problems.push(problem);
      of(id).isWrong = true;
    }
  }
  for (const [id, problem] of written.lacking) {
    const own = of(id);
    own.problems = [problem];
    own.isWrong = isTried || looked.problems.length > 0;
  }
  return said;
}

interface Props {
  session: Session;
  catalogue: Catalogue;
  start: Group;
  isTried: boolean; // it was to be saved as it is
  onChange: (written: Written, query: Group) => void;
}

export function Builder({ session, catalogue, start, isTried, onChange }: Props) {
  const [query, setQuery] = useState<Group>(start);
  const written = useMemo(() => write(query), [query]);
  const fields = useMemo(
    () => ["", ...catalogue.fields.map(({ name }) => name)].map((name) => ({ name, label: name })),
    [catalogue],
  );
  const goTo = useRef("");
  const looked = useOutcome(session, written);
  useEffect(() => onChange(written, query), [written]);
  useEffect(() => {
    if (goTo.current) document.querySelector<HTMLElement>(goTo.current)?.focus();
    goTo.current = "";
  }, [query]);
  const surroundings = useMemo(
    () => ({
      session,
      catalogue,
      said: remarks(written, looked, isTried),
      everyone: looked.outcome?.everyone ?? 0,
      change: (path: number[], part: string, value: unknown) =>
        setQuery((before) => update(before, part as "value", value, path) as Group),
    }),
    [session, catalogue, written, looked, isTried],
  );
  return (
    <Surrounding.Provider value={surroundings}>
      <div className="rules">
        <QueryBuilderDnD dnd={dnd} controlElements={WRAPPERS}>
          <QueryBuilderHistory>
            <QueryBuilder
              query={query as RuleGroupType}
              onQueryChange={(changed) => setQuery(changed as Group)}
              fields={fields}
              combinators={COMBINATORS}
              getOperators={(field) => operatorGroups(catalogue, field)}
              getDefaultOperator={(field: string) => usualOperator(catalogue, field)}
              onAddRule={(added) => {
                goTo.current = `[data-rule-id="${added.id}"] input`;
                return added;
              }}
              onAddGroup={(added) => {
                goTo.current = `[data-rule-group-id="${added.id}"] select`;
                return added;
              }}
              onRemove={(_gone, path, from) => {
                const group = findPath(getParentPath(path), from as Group);
                goTo.current = `[data-rule-group-id="${group?.id}"] .ruleGroup-addRule`;
                return true;
              }}
              getDefaultField={() => ""}
              getDefaultValue={() => ""}
              controlElements={CONTROLS}
              controlClassnames={CLASSES}
              translations={WORDS}
              accessibleDescriptionGenerator={() => ""}
              showCloneButtons
              showShiftActions
            />
          </QueryBuilderHistory>
        </QueryBuilderDnD>
        <OutcomePanel looked={looked} written={written} />
      </div>
    </Surrounding.Provider>
  );
}
