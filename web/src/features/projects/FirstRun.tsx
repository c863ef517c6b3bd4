import { Button, Card, Group, List, Text, Title } from "@mantine/core";

import { DemoButton } from "../demo/DemoButton";

const STEPS = [
  "Pictures in",
  "Choose the telling ones",
  "Draw a few boxes",
  "Train",
  "Let it annotate the rest",
  "Review",
  "Dataset out",
];

/** The loop in one picture, for somebody who has never seen it. */
export function FirstRun({ onCreate }: { onCreate: () => void }) {
  return (
    <Card withBorder padding="xl" maw={860} mx="auto" mt="xl">
      <Title order={2} size="h3" mb="sm">
        From a folder of pictures to a finished dataset
      </Title>
      <LoopPicture />
      <Text my="md">
        You draw boxes on 40 to 100 pictures that the platform picks because they teach the most. It trains a detector
        on them, proposes boxes on all the others, and you only correct what is doubtful.
      </Text>
      <List size="sm" mb="lg">
        <List.Item>Nothing is ever lost: every stroke is saved at once and can be undone.</List.Item>
        <List.Item>Everything stays on this machine.</List.Item>
        <List.Item>
          The demo project has 72 drawn pictures of washers, bolts and plates, 24 of them labelled: train on those, let
          it annotate the rest. To watch the whole loop run by itself, type <code>make demo</code> in the terminal.
        </List.Item>
      </List>
      <Group>
        <Button size="md" onClick={onCreate}>
          Make the first project
        </Button>
        <DemoButton />
      </Group>
    </Card>
  );
}

function LoopPicture() {
  return (
    <svg viewBox="0 0 820 96" width="100%" role="img" aria-label={`The loop: ${STEPS.join(", ")}`}>
      {STEPS.map((step, index) => {
        const x = 4 + index * 117;
        return (
          <g key={step}>
            <rect
              x={x}
              y={24}
              width={104}
              height={48}
              rx={8}
              fill="var(--mantine-color-blue-light)"
              stroke="var(--mantine-color-blue-outline)"
            />
            <foreignObject x={x + 4} y={24} width={96} height={48}>
              <div
                style={{
                  height: "100%",
                  display: "grid",
                  placeItems: "center",
                  textAlign: "center",
                  fontSize: 12.5,
                  lineHeight: 1.2,
                }}
              >
                {step}
              </div>
            </foreignObject>
            {index < STEPS.length - 1 && (
              <path d={`M${x + 106} 48h9m-4-4l4 4-4 4`} fill="none" stroke="currentColor" strokeWidth={1.5} />
            )}
          </g>
        );
      })}
      <path
        d="M640 76c0 18-120 18-240 18s-200 0-200-18m-5 6l5-6 6 5"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeDasharray="4 3"
      />
    </svg>
  );
}
