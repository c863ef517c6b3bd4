import { Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { read } from "../../annotate/imageApi";
import { bindingsOf, readKeys, writeKeys } from "../../annotate/keymap";
import type { Category } from "../../annotate/model";
import { listSequence, type Neighbours, neighbourSequence } from "../../annotate/sequence";
import { startSession } from "../../annotate/session";
import { type Dialogs, Workplace } from "../../annotate/workplace";
import { subscribeToProject } from "../../feed/projectFeeds";
import type { ScreenPoint } from "../../geometry/point";
import { AnnotationList } from "./AnnotationList";
import classes from "./annotate.module.css";
import { CanvasView } from "./CanvasView";
import { ClassPanel } from "./ClassPanel";
import { ClassSearch } from "./ClassSearch";
import { ConflictDialog } from "./ConflictDialog";
import { ContextMenu } from "./ContextMenu";
import { Filmstrip } from "./Filmstrip";
import { HistoryPanel } from "./HistoryPanel";
import { MinimapView } from "./MinimapView";
import { NothingToAnnotate } from "./NothingToAnnotate";
import { Notice } from "./Notice";
import { Palette } from "./Palette";
import { ProposalPanel } from "./ProposalPanel";
import { RejectDialog } from "./RejectDialog";
import { RejectReason } from "./RejectReason";
import { ShortcutSheet } from "./ShortcutSheet";
import { Toolbar } from "./Toolbar";
import { TopBar } from "./TopBar";
import { type Batch, useBatch } from "./useBatch";
import { WorkplaceContext } from "./WorkplaceContext";

export interface AnnotatePageProps {
  projectId: string;
  /** Without one, the page opens the first suggested picture, else the first of the project. */
  imageId?: string | undefined;
  /** The gallery's filter as a query string, so that next and previous stay within it. */
  filter?: string | undefined;
  queryBatchId?: string | undefined;
  reviewing?: boolean;
  onOpened: (imageId: string) => void;
  nameOf?: (actor: string | null | undefined) => string;
  /** Leads back to the project, at the left of the bar. */
  back?: ReactNode;
}

type Dialog = "classes" | "shortcuts" | "reject" | "palette" | null;
/** Who acts while no accounts exist. */
const localPerson = () => "Local person";

export function AnnotatePage(props: AnnotatePageProps) {
  const {
    projectId,
    imageId,
    filter = "",
    queryBatchId,
    reviewing = false,
    onOpened,
    nameOf = localPerson,
    back,
  } = props;
  const [dialog, setDialog] = useState<Dialog>(null);
  const [menuAt, setMenuAt] = useState<ScreenPoint | null>(null);
  const [sideShown, setSideShown] = useState(true);
  const [keys, setKeys] = useState(readKeys);
  const workplace = useWorkplaceOf(projectId, onOpened, nameOf, setDialog);
  const categories = useQuery({
    queryKey: ["categories", projectId, "annotate"],
    queryFn: () => read<{ items: Category[] }>(`/api/projects/${projectId}/categories`),
  });
  const batch = useBatch(projectId, queryBatchId);
  const order = batch?.imageIds.join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a picture that is done leaves the order as it is
  const imageIds = useMemo(() => batch?.imageIds ?? null, [order]);
  const value = useMemo(() => workplace && { workplace, bindings: bindingsOf(keys) }, [workplace, keys]);

  useEffect(() => {
    const items = categories.data?.items;
    if (!workplace || !items) return;
    workplace.bench.store.setState((state) => ({
      categories: items,
      categoryId: items.some(({ id }) => id === state.categoryId) ? state.categoryId : (items[0]?.id ?? null),
    }));
  }, [workplace, categories.data]);

  useEffect(() => {
    if (!workplace) return;
    const neighbours = neighbourSequence((id) =>
      read<Neighbours>(`/api/images/${id}/neighbours${filter && `?${filter}`}`),
    );
    const suggested = imageIds ? listSequence(imageIds) : null;
    workplace.suggestions = suggested;
    workplace.sequence = queryBatchId && suggested ? suggested : neighbours;
  }, [workplace, filter, imageIds, queryBatchId]);

  useEffect(() => {
    if (!workplace) return;
    return subscribeToProject(projectId, {
      onEvents: (events) => workplace.receive(events),
      onResync: () => void workplace.bench.editor.refetch(),
    });
  }, [workplace, projectId]);

  useOpening(workplace, projectId, imageId, batch);

  if (!value)
    return (
      <Center h="100%">
        <Loader aria-label="Opening" />
      </Center>
    );
  return (
    <WorkplaceContext value={value}>
      <div className={classes.page}>
        <TopBar
          projectId={projectId}
          filter={filter}
          batchIds={queryBatchId ? imageIds : null}
          reviewing={reviewing}
          sideShown={sideShown}
          onToggleSide={() => setSideShown(!sideShown)}
          back={back}
        />
        <Toolbar />
        <main className={classes.canvas} aria-label="Picture">
          <CanvasView onMenu={setMenuAt} />
          <MinimapView />
          <Notice />
          <RejectReason />
          <NothingToAnnotate projectId={projectId} />
          <ContextMenu at={menuAt} onClose={() => setMenuAt(null)} />
        </main>
        {sideShown && (
          <aside className={classes.side} aria-label="Panels">
            <ClassPanel />
            <ProposalPanel />
            <AnnotationList />
            <HistoryPanel nameOf={nameOf} />
          </aside>
        )}
        {batch && batch.images.length > 0 && <Filmstrip projectId={projectId} batch={batch} />}
        <ClassSearch opened={dialog === "classes"} onClose={() => setDialog(null)} />
        <Palette projectId={projectId} opened={dialog === "palette"} onClose={() => setDialog(null)} />
        <RejectDialog opened={dialog === "reject"} onClose={() => setDialog(null)} />
        <ShortcutSheet
          opened={dialog === "shortcuts"}
          onClose={() => setDialog(null)}
          choice={keys}
          onChoice={(choice) => {
            writeKeys(choice);
            setKeys(choice);
          }}
        />
        <ConflictDialog />
      </div>
    </WorkplaceContext>
  );
}

/** The workplace of a project, once the outbox is open; made anew for another project. */
function useWorkplaceOf(
  projectId: string,
  onOpened: (imageId: string) => void,
  nameOf: (actor: string | null | undefined) => string,
  setDialog: (dialog: Dialog) => void,
): Workplace | null {
  const [workplace, setWorkplace] = useState<Workplace | null>(null);
  const opened = useRef(onOpened);
  opened.current = onOpened;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a workplace lives as long as its project is on the page
  useEffect(() => {
    let made: Workplace | null = null;
    let left = false;
    const dialogs: Dialogs = {
      openClassSearch: () => setDialog("classes"),
      openShortcuts: () => setDialog("shortcuts"),
      openPalette: () => setDialog("palette"),
      askRejectReason: () => setDialog("reject"),
      focusNextPane,
    };
    void startSession().then((session) => {
      if (left) return;
      made = new Workplace({ session, dialogs, nameOf, onOpened: (id) => opened.current(id) });
      setWorkplace(made);
    });
    return () => {
      left = true;
      made?.dispose();
      setWorkplace(null);
    };
  }, [projectId]);
  return workplace;
}

/** Follow the address: a reload or a link opens its picture; going on inside the page has opened it already. */
function useOpening(
  workplace: Workplace | null,
  projectId: string,
  imageId: string | undefined,
  batch: Batch | null | undefined,
): void {
  // Without a picture in the address, work goes on where it stopped: in the batch, then anywhere, then at the start.
  const first = useQuery({
    queryKey: ["first-image", projectId],
    queryFn: async () => {
      const path = `/api/projects/${projectId}/images?limit=1`;
      const open = await read<{ items: { id: string }[] }>(`${path}&state=unlabelled&state=in_progress&state=rejected`);
      return open.items[0] ?? (await read<{ items: { id: string }[] }>(path)).items[0] ?? null;
    },
    enabled: imageId === undefined,
    gcTime: 0,
  });
  const suggested = batch?.known ? batch.next : null;
  const undecided = batch === undefined || batch?.known === false;
  const target = imageId ?? (undecided ? undefined : (suggested ?? first.data?.id));
  useEffect(() => {
    if (!workplace || !target || workplace.bench.store.getState().image?.id === target) return;
    void workplace.open(target);
  }, [workplace, target]);
}

/** F6: from pane to pane, so that the canvas may use Tab for shapes and still trap nobody. */
function focusNextPane(): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")];
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(at + 1) % panes.length];
  const target =
    next?.tabIndex === 0 ? next : next?.querySelector<HTMLElement>("button:not([disabled]), [tabindex='0'], input");
  target?.focus();
}
