/** What the command line may use of cards. */
export { type Deck, sourceText } from "./deck.ts";
export { deckFrom } from "./from-measured.ts";
export { cardsPage } from "./html.tsx";
