import type { ComponentChildren, JSX } from "preact";

/** One section of the page. */
export function Card(props: {
  title: string;
  isFigure?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class={props.isFigure === true ? "card figure-card" : "card"}>
      <h2>{props.title}</h2>
      {props.children}
    </section>
  );
}

/**
 * A table. `numbers` says which columns hold numbers: they stay on one line. On a phone one of four to
 * nine columns becomes a list of its rows, each cell behind the name of its column; others scroll.
 */
export function Table(props: {
  head: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
  numbers?: readonly number[];
}): JSX.Element {
  const { head, rows, numbers = [1, 2] } = props;
  return (
    <div class="scroll">
      <table class={head.length > 3 && head.length < 10 ? "stack" : ""}>
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, at) => (
                <td key={at} class={numbers.includes(at) ? "number" : ""} data-column={head[at]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A list of lines, or nothing. */
export function Lines({ lines }: { lines: readonly string[] }): JSX.Element | null {
  if (lines.length === 0) return null;
  return (
    <ul>
      {lines.map((line, at) => (
        <li key={at}>{line}</li>
      ))}
    </ul>
  );
}
