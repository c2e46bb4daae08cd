/**
 * Contours as the server writes them (lib/light_contours.py), and questions about them.
 */

/**
 * @param {{unit: number, zones: Array}} payload
 * @returns {Map<number, Array>} by the place's id: polygons of rings of [latitude, longitude]
 */
export function decode({unit, zones}) {
    const ring = (steps) => {
        const points = [];
        let x = 0;
        let y = 0;
        for (let n = 0; n < steps.length; n += 2) {
            x += steps[n];
            y += steps[n + 1];
            points.push([y / unit, x / unit]);
        }
        return points;
    };
    return new Map(zones.map(([id, polygons]) => [id, polygons.map((rings) => rings.map(ring))]));
}

/**
 * A point that stands for a place when an area is drawn round it: the middle of the box round its
 * first ring.
 *
 * @param {Array} polygons
 * @returns {number[]} [latitude, longitude]
 */
export function middle(polygons) {
    const points = polygons[0][0];
    const bounds = [0, 1].map((axis) => {
        let low = Infinity;
        let high = -Infinity;
        for (const point of points) {
            low = Math.min(low, point[axis]);
            high = Math.max(high, point[axis]);
        }
        return (low + high) / 2;
    });
    return bounds;
}

/**
 * @param {number[]} point [latitude, longitude]
 * @param {Array<number[]>} area corners of an area, in order
 * @returns {boolean} whether the point lies inside
 */
export function inside([y, x], area) {
    let found = false;
    for (let n = 0, last = area.length - 1; n < area.length; last = n++) {
        const [y1, x1] = area[n];
        const [y2, x2] = area[last];
        if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) {
            found = !found;
        }
    }
    return found;
}
