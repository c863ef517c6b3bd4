const PICTURE = /\.(jpe?g|jfif|png|webp|bmp|tiff?|zip)$/i;

/** Every picture and zip in what was dropped, folders opened to any depth; hidden files and others are left. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return picturesOf([...transfer.files]);
  const files: File[] = [];
  for (const entry of entries) await collect(entry, files, false);
  return files;
}

/** Files of a folder picker: what is clearly no picture is left, so that a label file does not count as refused. */
export function picturesOf(files: readonly File[]): File[] {
  return files.filter((file) => PICTURE.test(file.name) && !file.name.startsWith("."));
}

async function collect(entry: FileSystemEntry, files: File[], inFolder: boolean): Promise<void> {
  if (entry.isFile) {
    if (inFolder && (!PICTURE.test(entry.name) || entry.name.startsWith("."))) return;
    files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader answers at most a hundred entries at a time, and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await collect(child, files, true);
  }
}
