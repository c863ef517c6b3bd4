import { type Bench, state } from "./bench";
import { accepting, rejecting } from "./marks";
import type { Prediction } from "./model";
import { above, byDoubt, stepThreshold } from "./proposals";
import { frameShape } from "./viewActions";

/** Proposals that are on the canvas now. */
export function visibleProposals(bench: Bench): Prediction[] {
  const { shown, proposalsShown, threshold } = state(bench);
  return shown && proposalsShown ? above(shown.predictions.values(), threshold) : [];
}

/** What Enter and X are about: the selected proposals, else the one under the pointer. */
function targets(bench: Bench): Prediction[] {
  const { shown, selection, hovered } = state(bench);
  const ids = selection.size > 0 ? [...selection] : hovered ? [hovered] : [];
  return ids.map((id) => shown?.predictions.get(id)).filter((prediction) => prediction !== undefined);
}

export function acceptProposal(bench: Bench): void {
  judge(bench, (predictions) => ({ ...accepting(predictions), select: [] }));
}

export function rejectProposal(bench: Bench): void {
  judge(bench, rejecting);
}

function judge(bench: Bench, by: typeof rejecting): void {
  const predictions = targets(bench);
  if (predictions.length === 0) {
    if (visibleProposals(bench).length > 0)
      bench.editor.notify("Tab goes to the next proposal; then Enter accepts and X rejects.");
    return;
  }
  const wasSelected = state(bench).selection.size > 0;
  bench.editor.commit(by(predictions));
  if (wasSelected) walk(bench, 1);
}

export function acceptAll(bench: Bench): void {
  const proposals = visibleProposals(bench);
  const { threshold } = state(bench);
  if (bench.editor.commit({ ...accepting(proposals), select: [] }))
    bench.editor.notify(
      `Accepted ${proposals.length} proposals at ${Math.round(threshold * 100)} % or more. Ctrl+Z takes them back.`,
    );
}

export function moveThreshold(bench: Bench, steps: number): void {
  bench.store.setState((now) => ({ threshold: stepThreshold(now.threshold, steps) }));
}

/** The next shape: proposals in order of doubt while there are any, then annotations in list order; the view follows. */
export function walk(bench: Bench, step: 1 | -1): void {
  const now = state(bench);
  const proposals = byDoubt(visibleProposals(bench)).map(({ id }) => id);
  const annotations = [...(now.shown?.annotations.keys() ?? [])].filter((id) => !now.hidden.has(id));
  const order = proposals.length > 0 ? proposals : annotations;
  if (order.length === 0) return;
  const [current] = now.selection;
  const at = order.indexOf(current ?? "");
  const next = at < 0 ? (step > 0 ? 0 : order.length - 1) : (at + step + order.length) % order.length;
  const id = order[next] as string;
  bench.store.setState({ selection: new Set([id]) });
  const shape = bench.shapes.get(state(bench), id);
  if (shape) frameShape(bench.store, shape.bounds);
}
