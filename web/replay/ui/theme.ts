// The page's colours, for what is drawn on a canvas.

export interface Theme {
  ink: string;
  soft: string;
  card: string;
  line: string;
  track: string;
  blue: string;
  good: string;
  wait: string;
  bad: string;
  font: string;
  zones: string[];
}

/** As in admin/styles/graph.css. */
const ZONES = ['#4c8dff', '#2fb344', '#f2a900', '#b15ce6', '#12b5b0', '#e8649a', '#8c6d46', '#7b8794'];

/** Stays the same object when the reader's choice of light or dark changes; then `onChange` is called. */
export function readTheme(onChange: () => void): Theme {
  const theme = {} as Theme;
  const read = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    Object.assign(theme, {
      ink: colour('--ink'), soft: colour('--ink-soft'), card: colour('--card'), line: colour('--line'), track: colour('--track'), blue: colour('--sent'),
      good: colour('--received'), wait: colour('--wait'), bad: colour('--bad'), font: style.fontFamily, zones: ZONES,
    });
  };
  read();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    read();
    onChange();
  });
  return theme;
}
