import { type CSSVariablesResolver, createTheme, Modal } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "blue",
  // Shade 8 on white and 8 with white text both pass WCAG AA.
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  cursorType: "pointer",
  components: { Modal: Modal.extend({ defaultProps: { closeButtonProps: { "aria-label": "Close" } } }) },
});

/** Mantine's quiet text misses WCAG AA by a shade in the light theme and its hints in both; so do words on a tint. */
export const readableVariables: CSSVariablesResolver = (mantine) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": mantine.colors.gray[7],
    "--mantine-color-placeholder": mantine.colors.gray[7],
    "--mantine-color-green-light-color": "#1b6a2e",
    "--mantine-color-teal-light-color": "#056147",
    "--mantine-color-orange-light-color": "#a03508",
    "--mantine-color-yellow-light-color": "#7a4f00",
    "--mantine-color-red-light-color": "#b01e1e",
  },
  dark: {
    // The tint of a notice that is only to be read, not an alarm.
    "--mantine-color-yellow-light": "#3b3013",
    "--mantine-color-yellow-light-color": "#ffe3a1",
    "--mantine-color-dimmed": mantine.colors.dark[1],
    "--mantine-color-placeholder": mantine.colors.dark[1],
  },
});
