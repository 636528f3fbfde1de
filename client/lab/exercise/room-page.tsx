import type { JSX } from "preact";
import { FigureCard, renderPage } from "../report/page.tsx";
import { Card } from "../report/parts.tsx";
import { type Ballot, ballotFigure, type Room, type RoomTeam } from "./room.ts";

/**
 * The page for the projector: clock, news, progress and, when it is over, the ballot. It holds nothing that
 * helps a team. `refreshSeconds` makes a browser look at the file again; null for a page that stays.
 */
export function roomPage(room: Room, refreshSeconds: number | null): string {
  const { title, summary, clock, teams, news, ballots } = room;
  return renderPage(
    title,
    <>
      <header>
        <p class="quiet">Backchannel leak lab · exercise</p>
        <h1>{title}</h1>
        <p>{summary}</p>
      </header>
      <section class="card top">
        <div class="big none">{timeLeft(room)}</div>
        <p class="sentence">{clockSentence(clock.state)}</p>
      </section>
      {news.map(({ atMs, via, body }, index) => (
        <Card
          key={atMs}
          title={`${index === 0 ? "News" : "Earlier"}: ${via}, minute ${minute(atMs)}`}
        >
          <p class="sentence">{body}</p>
        </Card>
      ))}
      <Card title="Teams">
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>team</th>
                <th>phase</th>
                <th>questions closed</th>
              </tr>
            </thead>
            <tbody>
              {teams.map((team) => (
                <TeamRow key={team.team} team={team} />
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      {ballots.map((ballot) => (
        <BallotCard key={ballot.question} ballot={ballot} />
      ))}
      <Card title="Rules of the house">
        <p>
          Everything runs on this machine, among invented persons. Real events are told by public
          fact only. An attack reads the files of the exercise and nothing else, without a network.
          Nothing here is aimed at anybody.
        </p>
      </Card>
    </>,
    refreshSeconds,
  );
}

function TeamRow({ team }: { team: RoomTeam }): JSX.Element {
  const { closed, questions } = team;
  return (
    <tr>
      <td>{team.team}</td>
      <td>{team.phase}</td>
      <td class="number">{`${"●".repeat(closed)}${"○".repeat(questions - closed)}  ${closed} of ${questions}`}</td>
    </tr>
  );
}

function BallotCard({ ballot }: { ballot: Ballot }): JSX.Element {
  const figure = ballotFigure(ballot);
  if (figure !== null) return <FigureCard figure={figure} id={figure.id} />;
  return (
    <Card title="Secret ballot">
      <p class="sentence">{ballot.prompt}</p>
      <p class="quiet">{`${ballot.cast} of ${ballot.teams} teams have voted. The votes show when all are past it.`}</p>
    </Card>
  );
}

function minute(atMs: number): number {
  return Math.floor(atMs / 60_000);
}

function timeLeft({ clock: { atMs, endMs } }: Room): string {
  const left = Math.max(0, Math.ceil((endMs - atMs) / 1_000));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function clockSentence(state: Room["clock"]["state"]): string {
  if (state === "not started") return "minutes, once it has begun";
  if (state === "paused") return "left. The clock stands still: listen to the facilitator.";
  return state === "ended" ? "The exercise is over." : "left";
}
