import { Select, Text } from "@mantine/core";
import { useState } from "react";
import type { Statistics } from "../../api/types";
import { Empty } from "../../ui/Empty";
import { LineChart } from "../../ui/LineChart";
import { figure } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { lineColor } from "../../ui/palette";

/** How often a box of a given confidence is right; on the dashed line the run would mean what it says. */
export function CalibrationPanel({ calibration }: { calibration: Statistics["calibration"] }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = calibration.find(({ category_id }) => category_id === chosen) ?? calibration[0];
  return (
    <Panel
      title="Calibration"
      lead="How often a box of a given confidence is right, measured on held-out pictures."
      actions={
        shown && (
          <Select
            size="xs"
            aria-label="Category"
            allowDeselect={false}
            data={calibration.map(({ category_id, name }) => ({ value: category_id, label: name }))}
            value={shown.category_id}
            onChange={setChosen}
          />
        )
      }
    >
      {shown ? (
        <>
          <LineChart
            label={`How often boxes of ${shown.name} are right by confidence`}
            xLabel="confidence"
            x={[0, ...shown.curve.confidences, 1]}
            lines={[
              { label: "right", color: lineColor(0), values: atEnds(shown.curve.probabilities) },
              { label: "as it says", color: lineColor(7), dashed: true, values: [0, ...shown.curve.confidences, 1] },
            ]}
            share
            xShare
          />
          <Text size="xs" mt={4}>
            From {shown.curve.boxes.toLocaleString()} boxes. Expected error {figure(shown.curve.raw_ece)} as it says,{" "}
            {figure(shown.curve.ece)} after calibration.
          </Text>
        </>
      ) : (
        <Empty>Nothing has been measured yet.</Empty>
      )}
    </Panel>
  );
}

/** A curve is flat outside its knots. */
function atEnds(probabilities: readonly number[]): (number | undefined)[] {
  return [probabilities[0], ...probabilities, probabilities.at(-1)];
}
