import type { Job } from "../../api/types";

interface Options {
  dryRun: boolean;
  state: "submitted" | "in_progress";
}

/** POST the zip; XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
export function sendDataset(
  projectId: string,
  file: File,
  { dryRun, state }: Options,
  onShare: (share: number) => void,
): Promise<Job> {
  const query = new URLSearchParams({ dry_run: String(dryRun), imported_state: state });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/projects/${projectId}/imports?${query}`);
    request.setRequestHeader("content-type", "application/zip");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new Error("The server cannot be reached."));
    request.onload = () => {
      const answer = request.response as { job?: Job; detail?: string } | null;
      if (request.status < 300 && answer?.job) resolve(answer.job);
      else reject(new Error(answer?.detail ?? `The server answered ${request.status}.`));
    };
    request.send(file);
  });
}
