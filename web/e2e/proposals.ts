import { newId } from "../src/annotate/ids";
import type { Server } from "./server";
import { sql } from "./sql";

export interface Proposal {
  readonly x: number;
  readonly y: number;
  readonly confidence: number;
}

const INSERT =
  "INSERT INTO predictions (prediction_id, project_id, image_id, run_id, job_id, category_id, geometry, x, y, width, height, confidence, state) " +
  "VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, 'open')";

/**
 * Put open predictions beside an image, 40 px boxes, as a predict job would: a model that is sure of what the test
 * needs cannot be trained in a test. Returns their ids in the order given.
 */
export async function propose(
  server: Server,
  { projectId, imageId, categoryId }: { projectId: string; imageId: string; categoryId: string },
  proposals: readonly Proposal[],
): Promise<string[]> {
  const [run, job] = [newId(), newId()];
  const rows = proposals.map(({ x, y, confidence }) => {
    const geometry = JSON.stringify({ type: "box", x, y, width: 40, height: 40 });
    return [newId(), projectId, imageId, run, job, categoryId, geometry, x, y, 40, 40, confidence];
  });
  await sql(server, INSERT, rows);
  return rows.map(([id]) => id as string);
}
