import { Text } from "@mantine/core";
import type { Statistics } from "../../api/types";
import { Bars } from "../../ui/Bars";
import { Figure, Figures } from "../../ui/Figure";
import { duration, figure } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { lineColor } from "../../ui/palette";

/** What became of every box, and what it cost in human time. */
export function EffortPanel({ effort }: { effort: Statistics["effort"] }) {
  const { seconds_saved: saved, seconds_per_drawn_box: pace } = effort;
  return (
    <Panel title="Effort" lead="From the log alone: every box by what became of it.">
      <Figures>
        <Figure
          label={saved !== null && saved < 0 ? "Not paid off yet" : "Saved"}
          value={saved === null ? "–" : duration(Math.abs(saved))}
          note="against drawing every box"
        />
        <Figure label="Active time" value={duration(effort.active_seconds)} note="without pauses" />
        <Figure label="A drawn box" value={pace === null ? "–" : `${figure(pace, 1)} s`} note="your own pace" />
        <Figure
          label="Speed"
          value={pace === null || pace === 0 ? "–" : `${Math.round(60 / pace)}`}
          note="boxes a minute by hand"
        />
      </Figures>
      <Text size="sm" fw={500} mt="md" mb={6}>
        Boxes
      </Text>
      <Bars
        label="Boxes by what became of them"
        bars={[
          { name: "Accepted as proposed", count: effort.accepted, color: lineColor(2) },
          { name: "Adjusted", count: effort.adjusted, color: lineColor(1) },
          { name: "Category changed", count: effort.recategorised, color: lineColor(3) },
          { name: "Accepted, then deleted", count: effort.deleted, color: lineColor(5) },
          { name: "Rejected", count: effort.rejected, color: lineColor(7) },
          { name: "Drawn by hand", count: effort.drawn, color: lineColor(0) },
        ]}
      />
    </Panel>
  );
}
