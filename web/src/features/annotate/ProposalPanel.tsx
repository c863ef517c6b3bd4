import { Button, Group, Slider, Text } from "@mantine/core";
import { useMemo } from "react";
import { accepting, rejecting } from "../../annotate/marks";
import { above, byDoubt } from "../../annotate/proposals";
import { frameShape } from "../../annotate/viewActions";
import { geometryBounds } from "../../geometry/geometry";
import { ActionButton } from "./ActionButton";
import classes from "./annotate.module.css";
import { CategorySwatch } from "./CategorySwatch";
import { ROW_PX, ShapeList, type ShapeRow } from "./ShapeList";
import { useAction, useBench, useEditor } from "./WorkplaceContext";

/** Proposals of a model, most doubtful first, with the slider that says how sure is sure enough. */
export function ProposalPanel() {
  const bench = useBench();
  const predictions = useEditor((state) => state.shown?.predictions);
  const threshold = useEditor((state) => state.threshold);
  const shown = useEditor((state) => state.proposalsShown);
  const selection = useEditor((state) => state.selection);
  const categories = useEditor((state) => state.categories);
  const acceptAll = useAction("accept_all");
  const lower = useAction("lower_threshold");
  const raise = useAction("raise_threshold");
  const queue = useMemo(() => byDoubt(above(predictions?.values() ?? [], threshold)), [predictions, threshold]);
  const [chosen] = selection;
  if (!predictions || predictions.size === 0) return null;

  const row = (index: number): ShapeRow | null => {
    const prediction = queue[index];
    if (!prediction) return null;
    const at = categories.findIndex(({ id }) => id === prediction.category_id);
    const category = categories[at];
    const confidence = `${Math.round(prediction.confidence * 100)} %`;
    return {
      id: prediction.id,
      name: category?.name ?? "no class",
      detail: confidence,
      words: `${category?.name ?? "no class"} ${confidence}, proposed`,
      swatch: <CategorySwatch colour={category?.color ?? "#868e96"} pattern={Math.max(0, at)} />,
      selected: selection.has(prediction.id),
      hidden: !shown,
      pending: false,
      buttons: [
        {
          icon: "check",
          label: "Accept",
          press: () => bench.editor.commit({ ...accepting([prediction]), select: [] }),
        },
        { icon: "cross", label: "Reject", press: () => bench.editor.commit(rejecting([prediction])) },
      ],
    };
  };
  const choose = (index: number) => {
    const prediction = queue[index];
    if (!prediction) return;
    bench.store.setState({ selection: new Set([prediction.id]) });
    frameShape(bench.store, geometryBounds(prediction.geometry));
  };
  return (
    <section className={classes.section} aria-label="Proposals" data-pane>
      <h2 className={classes.heading}>
        <span>
          Proposals{" "}
          <Text span size="xs" className={classes.quiet} data-testid="proposal-count">
            {queue.length.toLocaleString("en")} of {predictions.size.toLocaleString("en")}
          </Text>
        </span>
        <ActionButton id="toggle_proposals" icon={shown ? "eye" : "eyeOff"} active={!shown} />
      </h2>
      <Group gap="xs" wrap="nowrap" mb={6}>
        <Slider
          flex={1}
          size="sm"
          min={0}
          max={1}
          step={0.05}
          value={threshold}
          onChange={(value) => bench.store.setState({ threshold: value })}
          label={(value) => `${Math.round(value * 100)} %`}
          thumbLabel={`Least confidence shown, keys ${lower.keys} and ${raise.keys}`}
        />
        <Text size="xs" w={38} ta="right">
          {Math.round(threshold * 100)} %
        </Text>
      </Group>
      <ShapeList
        label="Proposals, most doubtful first"
        height={`min(${queue.length * ROW_PX}px, 26vh)`}
        count={queue.length}
        row={row}
        current={queue.findIndex(({ id }) => id === chosen)}
        onChoose={choose}
        onHover={(index) => bench.store.setState({ hovered: index === null ? null : (queue[index]?.id ?? null) })}
      />
      <Button
        className={classes.action}
        mt={8}
        size="xs"
        variant="light"
        disabled={queue.length === 0}
        onClick={acceptAll.run}
        title={acceptAll.keys}
      >
        Accept all {queue.length.toLocaleString("en")}
      </Button>
    </section>
  );
}
