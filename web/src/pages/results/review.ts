/** What the parts of the review share: the results, who reads, and where the reader is. */
import { createContext, useContext } from "react";
import type { ReviewApi } from "../../client/reviewApi";
import { type ReviewResults, type Timeline, type Turn, turnAt } from "../../client/review";
import type { ResultsItem } from "../../client/types";
import { type Player, usePlayer } from "./player";

export interface Review {
  results: ReviewResults;
  timeline: Timeline;
  api: ReviewApi;
  player: Player;
  /** The candidate reads what was said, and decides nothing about what is kept. */
  isCandidate: boolean;
  reload: () => void;
  onErased: () => void;
}

export const ReviewContext = createContext<Review | null>(null);

export function useReview(): Review {
  const review = useContext(ReviewContext);
  if (review === null) throw new Error("a part of the review stands outside of it");
  return review;
}

/** The last answer for each player: every row of a long transcript asks the same before each picture. */
const lastAsked = new WeakMap<Player, { positionMs: number; turns: readonly Turn[]; turn: Turn | null }>();

function turnNow(player: Player, turns: readonly Turn[], positionMs: number): Turn | null {
  const last = lastAsked.get(player);
  if (last?.positionMs === positionMs && last.turns === turns) return last.turn;
  const turn = turnAt(turns, positionMs);
  lastAsked.set(player, { positionMs, turns, turn });
  return turn;
}

/** The turn that the moment belongs to; changes only when another turn begins. */
export function useCurrentTurn(): Turn | null {
  const { player, timeline } = useReview();
  return usePlayer(player, ({ positionMs, playing }) => {
    // Before anybody listens or jumps, no turn is the current one.
    return positionMs === 0 && !playing ? null : turnNow(player, timeline.turns, positionMs);
  });
}

/** The items of a question's answer, in order. */
export function itemsOf(items: readonly ResultsItem[], ids: readonly string[]): ResultsItem[] {
  return items.filter((item) => ids.includes(item.item_id));
}
