import { Stack } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Page } from "../../ui/Page";
import layout from "../train/train.module.css";
import { ExportForm } from "./ExportForm";
import { ExportList } from "./ExportList";
import { ImportPanel } from "./ImportPanel";

export function TransferPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  return (
    <Page title="Export and import" lead="Your data in the formats that trainers read, and theirs in.">
      <div className={layout.columns}>
        <ExportForm projectId={projectId} />
        <Stack>
          <ExportList projectId={projectId} />
          <ImportPanel projectId={projectId} />
        </Stack>
      </div>
    </Page>
  );
}
