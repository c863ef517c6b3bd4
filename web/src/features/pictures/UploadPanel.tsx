import { Button, FileButton, Group, Paper, Progress, Spoiler, Text } from "@mantine/core";
import { type DragEvent, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { droppedFiles, picturesOf } from "./droppedFiles";
import classes from "./pictures.module.css";
import { sendFiles } from "./sendFiles";
import { Uploader } from "./uploader";
import { uploadStore } from "./uploadStore";

const ACCEPTED = "image/jpeg,image/png,image/webp,image/bmp,image/tiff,application/zip,.zip";

export function UploadPanel({ projectId, prominent }: { projectId: string; prominent: boolean }) {
  const uploader = useMemo(() => new Uploader(projectId, uploadStore, sendFiles), [projectId]);
  const state = useStore(uploader.store);
  const [over, setOver] = useState(false);
  const folder = useRef<HTMLInputElement>(null);

  useEffect(() => {
    void uploader.resume();
    return () => uploader.stop();
  }, [uploader]);

  useEffect(() => {
    // React knows no webkitdirectory.
    folder.current?.setAttribute("webkitdirectory", "");
  }, []);

  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    await uploader.add(await droppedFiles(event.dataTransfer));
  };
  const share = state.bytesTotal > 0 ? (100 * state.bytesSent) / state.bytesTotal : 0;
  return (
    <Paper
      withBorder
      p={prominent ? "xl" : "xs"}
      mb="sm"
      className={classes.drop}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => void drop(event)}
      component="section"
      aria-label="Add pictures"
    >
      <Group justify={prominent ? "center" : "flex-start"}>
        <Text size="sm">
          {prominent ? "Drop pictures, folders or a zip here to begin, or" : "Drop pictures, folders or a zip here, or"}
        </Text>
        <FileButton multiple accept={ACCEPTED} onChange={(files) => void uploader.add(files)}>
          {(props) => (
            <Button size="xs" variant={prominent ? "filled" : "default"} {...props}>
              Choose files
            </Button>
          )}
        </FileButton>
        <Button size="xs" variant="default" onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
        <input
          ref={folder}
          type="file"
          multiple
          hidden
          aria-label="Folder of pictures"
          onChange={(event) => void uploader.add(picturesOf([...(event.currentTarget.files ?? [])]))}
        />
      </Group>
      {state.total > 0 && (
        <div role="status">
          <Progress value={state.running ? share : 100} mt="xs" aria-label="Upload progress" />
          <Text size="sm" mt={4}>
            {state.sent.toLocaleString()} of {state.total.toLocaleString()} files sent:{" "}
            {state.registered.toLocaleString()} new
            {state.duplicates > 0 && `, ${state.duplicates.toLocaleString()} known already`}
            {state.rejected.length > 0 && `, ${state.rejected.length.toLocaleString()} refused`}
          </Text>
          {state.trouble && (
            <Text size="sm" c="red">
              {state.trouble}
            </Text>
          )}
          {state.rejected.length > 0 && (
            <Spoiler maxHeight={66} showLabel="Show all refused files" hideLabel="Show less">
              {state.rejected.map(({ file_name, reason }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows at its end
                <Text key={index} size="xs">
                  {file_name}: {reason}
                </Text>
              ))}
            </Spoiler>
          )}
        </div>
      )}
    </Paper>
  );
}
