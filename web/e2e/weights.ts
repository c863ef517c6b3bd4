import { existsSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(import.meta.dirname, "../../../shared/weights");

/** Where pretrained weights lie, if they do: training starts from scratch elsewhere, and says so. */
export const weights: Record<string, string> = existsSync(FOLDER) ? { AUTOANNOTATE_WEIGHTS_DIR: FOLDER } : {};
