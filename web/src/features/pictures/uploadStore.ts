import { type DBSchema, type IDBPDatabase, openDB } from "idb";

export interface QueuedFile {
  id: number;
  projectId: string;
  file: File;
}

interface UploadDatabase extends DBSchema {
  files: { key: number; value: Omit<QueuedFile, "id"> & { id?: number }; indexes: { byProject: string } };
}

let opened: Promise<IDBPDatabase<UploadDatabase>> | undefined;

function database(): Promise<IDBPDatabase<UploadDatabase>> {
  opened ??= openDB<UploadDatabase>("uploads", 1, {
    upgrade(db) {
      db.createObjectStore("files", { keyPath: "id", autoIncrement: true }).createIndex("byProject", "projectId");
    },
  });
  return opened;
}

/** Files that wait to be sent, kept in the browser so that a reload goes on where it was. */
export const uploadStore = {
  async add(projectId: string, files: readonly File[]): Promise<QueuedFile[]> {
    const transaction = (await database()).transaction("files", "readwrite");
    const queued: QueuedFile[] = [];
    for (const file of files) queued.push({ id: await transaction.store.add({ projectId, file }), projectId, file });
    await transaction.done;
    return queued;
  },
  async waiting(projectId: string): Promise<QueuedFile[]> {
    return (await (await database()).getAllFromIndex("files", "byProject", projectId)) as QueuedFile[];
  },
  async remove(ids: readonly number[]): Promise<void> {
    const transaction = (await database()).transaction("files", "readwrite");
    for (const id of ids) void transaction.store.delete(id);
    await transaction.done;
  },
};
