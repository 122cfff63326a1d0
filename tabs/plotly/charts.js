// The kinds of charts that models/display draws; "scatter" is of the core. `make charts` builds plotly.min.js from this.
const Plotly = require("plotly.js/lib/core");
Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/histogram2dcontour"),
  require("plotly.js/lib/indicator"),
  require("plotly.js/lib/scattergl"),
  require("plotly.js/lib/waterfall"),
]);
module.exports = Plotly;
