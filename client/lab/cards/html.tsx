import type { ComponentChildren, JSX } from "preact";
import { howToAnswer } from "../exercise/brief.ts";
import { pointsOf } from "../exercise/points.ts";
import { renderPage } from "../report/page.tsx";
import { Lines, Table } from "../report/parts.tsx";
import { type Deck, type DefenceCard, type QuestionCard, sourceText } from "./deck.ts";
import { cardsStyle } from "./style.ts";

/** A deck as pages to print: one for the facilitator, one for each team, then cards to cut out. */
export function cardsPage(deck: Deck): string {
  return renderPage(
    `Cards: ${deck.scenario.title}`,
    <>
      <Facilitator deck={deck} />
      <TeamSheet deck={deck} />
      <Sheet
        title="Defences: cut along the dashes, fold along the dots"
        deck={deck}
        note="The inside is opened when the choice is made."
      >
        <div class="deck">
          {deck.cards.map((card) => (
            <Fold key={card.name} card={card} deck={deck} />
          ))}
        </div>
      </Sheet>
      {deck.scenario.injects.length > 0 && (
        <Sheet title="Injects: handed out at their time" deck={deck}>
          <div class="deck pairs">
            {deck.scenario.injects.map(({ id, via, body, at }) => (
              <Single key={id} kind={via.replace("-", " ")} deck={deck}>
                <p class="sentence">{body.trim()}</p>
                <p class="quiet">
                  {at === undefined ? id : `${id} · minute ${Math.round(at / 60_000)}`}
                </p>
              </Single>
            ))}
          </div>
        </Sheet>
      )}
      {deck.questions.length > 0 && (
        <Sheet title="Questions" deck={deck}>
          <div class="deck pairs">
            {deck.questions.map((card) => (
              <QuestionFace key={card.question.id} card={card} deck={deck} />
            ))}
          </div>
        </Sheet>
      )}
    </>,
    null,
    cardsStyle,
  );
}

function Sheet(props: {
  title: string;
  deck: Deck;
  note?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="sheet">
      <h2>{props.title}</h2>
      <p class="quiet">
        {[props.note ?? "", `Measured: ${sourceText(props.deck)}`]
          .filter((text) => text !== "")
          .join(" ")}
      </p>
      {props.children}
    </section>
  );
}

/** Aim, order of play, injects and the measured answers: stays with the facilitator. */
function Facilitator({ deck }: { deck: Deck }): JSX.Element {
  const { scenario, questions, leftOut, limits, leak } = deck;
  return (
    <section class="sheet first">
      <header>
        <p class="quiet">Backchannel leak lab · card mode · for the facilitator alone</p>
        <h1>{scenario.title}</h1>
        <p>{scenario.summary}</p>
        <p>
          <b>Every number on these cards was measured. </b>
          {sourceText(deck)}
        </p>
      </header>
      <section class="card">
        <h2>How to play, without a computer</h2>
        <ol class="play">
          <li>Hand out the team sheet. Read the story aloud; tell what the adversary gets.</li>
          <li>
            Each team writes its predictions down, in ink. Then open the card “as it is” and roll
            for it.
          </li>
          <li>Hand out injects at their time. What teams do goes onto their sheet.</li>
          <li>
            Each team lays closed cards on the table, within its budget of prices; then they are
            opened, and each team rolls.
          </li>
          <li>Compare: prediction, roll, mean. Ask why; the questions below help.</li>
          <li>Close with what to talk about, and with one action, its owner and its day.</li>
        </ol>
        <p>
          A roll is two ten-sided dice, tens and ones (00 is 100), or the last two digits of a
          stopwatch that somebody stops without looking. Each row of a table is as wide as its share
          of the measured worlds.
        </p>
        <p class="quiet">
          {`The leak is ${leak.id}${leak.words === "" ? "" : `: ${leak.words}`}. ${leak.more}`}
        </p>
      </section>
      {scenario.injects.length > 0 && (
        <section class="card">
          <h2>Injects</h2>
          <Table
            head={["when", "inject", "expected", "what it changes"]}
            numbers={[0]}
            rows={scenario.injects.map(({ id, at, mode, expected_action, effect }) => [
              at === undefined ? mode : `minute ${Math.round(at / 60_000)}`,
              id,
              expected_action ?? "–",
              effect ?? "–",
            ])}
          />
        </section>
      )}
      <section class="card">
        <h2>Key: what was measured</h2>
        <Table
          head={["question", "measured", "points", "asks"]}
          numbers={[2]}
          rows={questions.map(({ question, measured }) => [
            question.id,
            measured,
            String(pointsOf(scenario).get(question.id) ?? 0),
            question.prompt.trim(),
          ])}
        />
        {leftOut.length > 0 && (
          <p class="quiet note">{`Not for the table, since they need the evidence itself: ${leftOut.join(", ")}.`}</p>
        )}
      </section>
      <section class="card">
        <h2>To talk about</h2>
        <Lines lines={[...scenario.aar.prompts]} />
        <h3>What this does not show</h3>
        <Lines lines={limits} />
        <p class="quiet">
          Invented persons, real incidents by public fact only, nothing here is aimed at anybody.
        </p>
      </section>
    </section>
  );
}

/** One sheet for each team: the story, its choices, and room to write. */
function TeamSheet({ deck }: { deck: Deck }): JSX.Element {
  const { scenario, questions } = deck;
  const predicted = questions.filter(({ question }) => question.phase === "predict");
  const blank = ["", "", ""];
  return (
    <section class="sheet">
      <p class="quiet">{`${scenario.title} · team sheet · team: ________________`}</p>
      <h2>{scenario.title}</h2>
      <p>{scenario.summary}</p>
      <p>
        <b>The adversary: </b>
        {`${scenario.adversary.capability.trim()}.`}
      </p>
      <p>
        <b>The people: </b>
        {scenario.world.actors
          .slice(0, 14)
          .map(({ label, role, side }) => `${label} (${role}, ${side})`)
          .join(", ")}
      </p>
      <section class="card">
        <h2>1 · We expect</h2>
        {predicted.length === 0 && <p>{`Of ${deck.leak.id}, without any defence:`}</p>}
        {predicted.map(({ question }) => (
          <div key={question.id}>
            <p>{question.prompt.trim()}</p>
            <div class="lines" />
          </div>
        ))}
        {predicted.length === 0 && <div class="lines" />}
      </section>
      <section class="card">
        <h2>2 · We choose, and what came of it</h2>
        <Table
          head={["card", "price", "we expect", "our roll", "what came of it"]}
          numbers={[]}
          rows={["as it is", ...blank].map((name) => [name || "\u00a0", "", "", "", ""])}
        />
        <p class="quiet note">{`Choices: ${deck.cards
          .slice(1)
          .map(({ name }) => name)
          .join(" · ")}`}</p>
      </section>
      <section class="card">
        <h2>3 · We take away</h2>
        <Table
          head={["action", "owner", "due"]}
          numbers={[]}
          rows={blank.map(() => ["\u00a0", "", ""])}
        />
      </section>
    </section>
  );
}

/** Outside: what it is and costs. Inside: what it was measured to do. */
function Fold({ card, deck }: { card: DefenceCard; deck: Deck }): JSX.Element {
  const { name, cost, price, value, effect, verdict, rollFor, rolls, sure } = card;
  return (
    <div class="cut fold">
      <div class="face">
        <p class="kind">{name === "as it is" ? "the world" : "defence"}</p>
        <p class="name">{name}</p>
        {cost !== "" && <p>{cost}</p>}
        <p>
          <b>Price: </b>
          {price}
        </p>
        <p class="foot">{deck.scenario.title}</p>
      </div>
      <div class="face">
        <p class="kind">{`measured: ${deck.leak.id}`}</p>
        <p class="value">{value}</p>
        {effect !== "" && <p>{`${effect}${verdict === "" ? "" : ` · ${verdict}`}`}</p>}
        {sure !== "" && <p>{sure}</p>}
        {rolls.length > 0 && (
          <table class="rolls">
            <thead>
              <tr>
                <th scope="col">roll</th>
                <th scope="col">{rollFor}</th>
                <th scope="col">times</th>
              </tr>
            </thead>
            <tbody>
              {rolls.map(({ from, to, outcome, count }) => (
                <tr key={from}>
                  <td>{from === to ? String(from) : `${from}–${to}`}</td>
                  <td>{outcome}</td>
                  <td>{`${count}×`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <p class="foot">{sourceText(deck)}</p>
      </div>
    </div>
  );
}

function Single(props: { kind: string; deck: Deck; children: ComponentChildren }): JSX.Element {
  return (
    <div class="cut face">
      <p class="kind">{props.kind}</p>
      {props.children}
      <p class="foot">{props.deck.scenario.title}</p>
    </div>
  );
}

function QuestionFace({ card: { question }, deck }: { card: QuestionCard; deck: Deck }) {
  const { prompt, phase, answer } = question;
  const options = answer.type === "choice" ? answer.options.map(({ words }) => words) : [];
  return (
    <Single kind={phase} deck={deck}>
      <p>
        <b>{prompt.trim()}</b>
      </p>
      {options.length > 0 ? (
        <Lines lines={options} />
      ) : (
        <p class="quiet">
          {answer.type === "switches" ? "Choose cards; open them together." : howToAnswer(question)}
        </p>
      )}
    </Single>
  );
}
