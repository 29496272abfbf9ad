/** How many random cases a property is tried with: a tenth in `npm run check`, which has to be quick, and all in `npm test`. */
export const cases = (number: number): number =>
  process.env.GATEHOUSE_RANDOM_CASES === "few" ? Math.ceil(number / 10) : number;
