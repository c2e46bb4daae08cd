/**
 * The arithmetic of lib/scoring.py for the sliders: a plan's stations ranked without a call.
 */

const Z80 = 1.2816;

/**
 * @param {Object} live what `political.target.plan.live_figures` answers
 * @param {number[]} weights one per criterion
 * @returns {Array<{station: Object, score: number|null, low: number, high: number}>} in the
 *      stations' own order; a score is null where none of the criteria is known
 */
export function scores(live, weights) {
    return live.stations.map((station, n) => {
        let total = 0;
        let sum = 0;
        let spread = 0;
        for (let c = 0; c < weights.length; c++) {
            const part = live.parts[c][n];
            if (part >= 0) {
                total += weights[c];
                sum += weights[c] * part;
                spread += (weights[c] * live.errors[c][n]) ** 2;
            }
        }
        if (!total) {
            return {station, score: null, low: 0, high: 0};
        }
        const score = sum / total / 10;
        const bar = (Z80 * Math.sqrt(spread)) / total / 10;
        return {
            station,
            score,
            low: Math.max(score - bar, 0),
            high: Math.min(score + bar, 100),
        };
    });
}

/**
 * @param {Array} scored what `scores` answers
 * @param {number[]} electors by station, which settle ties
 * @returns {Array} the known ones, the best first
 */
export function ranking(scored, electors) {
    return scored
        .map((one, n) => ({...one, electors: electors[n]}))
        .filter((one) => one.score !== null)
        .sort((a, b) => b.score - a.score || b.electors - a.electors);
}

/**
 * Stations that fit into a number of hours, from the best on; one too large is passed over.
 *
 * @param {Array} ranked what `ranking` answers
 * @param {number} minutes per door
 * @param {number} budget hours
 * @returns {number[]} ids
 */
export function withinBudget(ranked, minutes, budget) {
    const chosen = [];
    let left = budget;
    for (const {station} of ranked) {
        const hours = (station.doors * minutes) / 60;
        if (hours > 0 && hours <= left) {
            chosen.push(station.id);
            left -= hours;
        }
    }
    return chosen;
}
