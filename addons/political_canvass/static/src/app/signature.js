/** A field to sign in with a finger; optional, and never the only way to agree. */
import {h} from "./dom.js";

const WIDTH = 600;
const HEIGHT = 200;
/** Largest base64 text that the server takes as evidence (docs/canvass-protocol.md). */
const LARGEST = 40000;

/**
 * @param {string} label for screen readers
 * @param {Function} onChange called after each stroke
 * @returns {{element: HTMLCanvasElement, clear: Function, image: Function}} `image` gives
 *      the picture as base64 PNG, "" while nothing was drawn
 */
export function signaturePad(label, onChange) {
    const element = h("canvas", {
        class: "signature",
        width: WIDTH,
        height: HEIGHT,
        role: "img",
        "aria-label": label,
    });
    const brush = element.getContext("2d");
    let signed = false;
    let drawing = false;

    function place(event) {
        const box = element.getBoundingClientRect();
        return [
            ((event.clientX - box.left) * WIDTH) / box.width,
            ((event.clientY - box.top) * HEIGHT) / box.height,
        ];
    }

    function clear() {
        brush.fillStyle = "#fff";
        brush.fillRect(0, 0, WIDTH, HEIGHT);
        brush.strokeStyle = "#000";
        brush.lineWidth = 4;
        brush.lineCap = "round";
        signed = false;
    }

    element.addEventListener("pointerdown", (event) => {
        drawing = true;
        element.setPointerCapture(event.pointerId);
        brush.beginPath();
        brush.moveTo(...place(event));
    });
    element.addEventListener("pointermove", (event) => {
        if (drawing) {
            brush.lineTo(...place(event));
            brush.stroke();
            signed = true;
        }
    });
    for (const end of ["pointerup", "pointercancel"]) {
        element.addEventListener(end, () => {
            drawing = false;
            onChange();
        });
    }
    clear();

    function image() {
        const data = signed ? element.toDataURL("image/png").split(",")[1] : "";
        return data.length <= LARGEST ? data : "";
    }
    return {element, clear, image};
}
