import { sendFiles } from "./sendFiles";
import { Uploader } from "./uploader";
import { uploadStore } from "./uploadStore";

const uploaders = new Map<string, Uploader>();

/** The one uploader of a project. It outlives the Pictures page: one may go and label while the rest comes in. */
export function uploaderOf(projectId: string): Uploader {
  const known = uploaders.get(projectId);
  if (known) return known;
  const made = new Uploader(projectId, uploadStore, sendFiles);
  uploaders.set(projectId, made);
  void made.resume();
  return made;
}
