import { Button, FileButton, Group, Paper, Progress, Spoiler, Text } from "@mantine/core";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { droppedFiles, picturesOf } from "./droppedFiles";
import classes from "./pictures.module.css";
import { sharesOf, type UploadState } from "./uploader";
import { uploaderOf } from "./uploaders";

const ACCEPTED = "image/jpeg,image/png,image/webp,image/bmp,image/tiff,application/zip,.zip";

export function UploadPanel({ projectId, prominent }: { projectId: string; prominent: boolean }) {
  const uploader = uploaderOf(projectId);
  const state = useStore(uploader.store);
  const [over, setOver] = useState(false);
  const folder = useRef<HTMLInputElement>(null);

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
          {state.onTheWay.length > 0 && <FilesOnTheWay state={state} />}
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

/** Each file of the request under way with its own bar. */
function FilesOnTheWay({ state: { onTheWay, bytesOnTheWay } }: { state: UploadState }) {
  const shares = sharesOf(onTheWay, bytesOnTheWay);
  return (
    <Spoiler maxHeight={66} showLabel="Show every file under way" hideLabel="Show less">
      {onTheWay.map(({ file_name }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two files of one request may have one name
        <Group key={index} gap="xs" wrap="nowrap">
          <Text size="xs" w={220} truncate>
            {file_name}
          </Text>
          <Progress
            flex={1}
            maw={240}
            size="sm"
            value={100 * (shares[index] ?? 0)}
            aria-label={`Upload of ${file_name}`}
          />
        </Group>
      ))}
    </Spoiler>
  );
}
