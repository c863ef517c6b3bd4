import { ACTIONS, type Action } from "./actions";

/** Actions that make no sense when picked from a list: they are about a key that is held, or a drawing under way. */
const NOT_LISTED = new Set(["peek", "palette"]);

/** Actions whose words all occur in the label or group, those that begin with the text first. */
export function findActions(text: string, most: number): Action[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const begins = (action: Action) => action.label.toLowerCase().startsWith(words.join(" "));
  return ACTIONS.filter((action) => {
    const said = `${action.label} ${action.group}`.toLowerCase();
    return action.scope !== "drawing" && !NOT_LISTED.has(action.id) && words.every((word) => said.includes(word));
  })
    .sort((a, b) => Number(begins(b)) - Number(begins(a)))
    .slice(0, most);
}
