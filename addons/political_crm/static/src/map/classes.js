/**
 * Classes of figures and their colours. Both scales are ColorBrewer's, told apart by people who
 * see few colours, and in print.
 */

export const SEQUENTIAL = ["#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"];
export const DIVERGING = ["#b35806", "#f1a340", "#fee0b6", "#d8daeb", "#998ec3", "#542788"];
export const HIDDEN = "#9e9e9e";
export const UNKNOWN = "#f1f1f1";

/**
 * Inner breaks that put about as many places into each class.
 *
 * @param {Array<number|null>} values
 * @param {number} count classes wanted; fewer come where many values are equal
 * @returns {number[]} ascending, without repeats
 */
export function quantileBreaks(values, count = SEQUENTIAL.length) {
    const known = values.filter((value) => value !== null).sort((a, b) => a - b);
    const breaks = [];
    for (let step = 1; step < count && known.length; step++) {
        const bound = known[Math.floor((step * known.length) / count)];
        if (bound > known[0] && bound !== breaks[breaks.length - 1]) {
            breaks.push(bound);
        }
    }
    return breaks;
}

/**
 * Inner breaks that lie alike on both sides of zero, so that a colour tells more from less.
 *
 * @param {Array<number|null>} values
 * @returns {number[]}
 */
export function divergingBreaks(values) {
    const sizes = values
        .filter((value) => value !== null)
        .map(Math.abs)
        .sort((a, b) => a - b);
    if (!sizes.length || !sizes[sizes.length - 1]) {
        return [0];
    }
    const at = (share) => sizes[Math.min(Math.floor(share * sizes.length), sizes.length - 1)];
    const near = at(1 / 3);
    const far = Math.max(at(2 / 3), near);
    return [...new Set([-far, -near, 0, near, far])];
}

/**
 * @param {number} value
 * @param {number[]} breaks ascending
 * @returns {number} the class of a value: a bound belongs to the class above it
 */
export function classOf(value, breaks) {
    let found = 0;
    while (found < breaks.length && value >= breaks[found]) {
        found++;
    }
    return found;
}

/**
 * Colours of a number of classes, spread over a scale.
 *
 * @param {number} count
 * @param {boolean} diverging
 * @returns {string[]}
 */
export function colours(count, diverging = false) {
    const scale = diverging ? DIVERGING : SEQUENTIAL;
    if (count <= 1) {
        return [scale[2]];
    }
    return Array.from({length: count}, (_none, n) => {
        return scale[Math.round((n * (scale.length - 1)) / (count - 1))];
    });
}
