import js from "@eslint/js";
import globals from "globals";

export default [
    {ignores: [".build/", "dist/", "node_modules/", "addons/*/static/lib/"]},
    js.configs.recommended,
    {
        files: ["addons/**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            // What Odoo's bundles put on the page, beside the browser's own
            globals: {...globals.browser, luxon: "readonly", owl: "readonly", L: "readonly"},
        },
        rules: {
            eqeqeq: "error",
            "no-var": "error",
            "prefer-const": "error",
            "no-console": ["error", {allow: ["warn", "error"]}],
            "no-eval": "error",
            "no-implied-eval": "error",
        },
    },
    {
        files: ["addons/**/service_worker*.js", "addons/**/service-worker*.js"],
        languageOptions: {sourceType: "script", globals: {...globals.serviceworker}},
    },
    {
        files: ["tests/**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "script",
            globals: {...globals.browser},
        },
    },
    {
        files: ["**/*.mjs"],
        languageOptions: {ecmaVersion: 2022, sourceType: "module", globals: {...globals.node}},
    },
];
