import type { Upload } from "../../api/types";
import { isZip, type SendFiles, UploadRefused } from "./uploader";

/** POST the files; XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
export const sendFiles: SendFiles = (projectId, files, onBytes) =>
  new Promise<Upload>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/projects/${projectId}/images`);
    request.responseType = "json";
    request.upload.onprogress = (event) => onBytes(event.loaded);
    request.onerror = () => reject(new Error("The server cannot be reached; the files wait here."));
    request.onload = () => {
      if (request.status < 300) resolve(request.response as Upload);
      else {
        const detail =
          (request.response as { detail?: string } | null)?.detail ?? `The server answered ${request.status}.`;
        reject(request.status >= 500 ? new Error(detail) : new UploadRefused(detail));
      }
    };
    const [first] = files;
    if (first && isZip(first)) {
      request.setRequestHeader("content-type", "application/zip");
      request.send(first);
      return;
    }
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    request.send(form);
  });
