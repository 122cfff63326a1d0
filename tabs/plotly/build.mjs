// Builds plotly.min.js, and LICENSES of the packages of which something is in it. Options as plotly.js's own build.
import { build } from "esbuild";
import { glsl } from "esbuild-plugin-glsl";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const { metafile } = await build({
  entryPoints: ["charts.js"],
  outfile: "plotly.min.js",
  bundle: true,
  minify: true,
  format: "cjs",
  target: "es2020",
  define: { global: "window" },
  alias: { regl: "@plotly/regl", stream: "stream-browserify" },
  loader: { ".css": "empty" }, // of maps, which are not drawn
  plugins: [glsl({ minify: true })], // the shaders of scattergl
  legalComments: "none", // LICENSES has them
  metafile: true,
});
const [output] = Object.values(metafile.outputs);
const used = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput).map(([path]) => path);
const folders = used.map((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean);
const licenses = [...new Set(folders)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const [file] = readdirSync(folder).filter((each) => /^licen[cs]e/i.test(each));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(`${folder}/${file}`, "utf8").trim() : ""}\n`;
});
writeFileSync("LICENSES", licenses.join(`\n${"-".repeat(80)}\n\n`));
