// Runs the built command line in this process and prints, as the last line, how much memory it took beyond that of an idle one, in bytes.
// The high-water mark of the resident set is the system's (getrusage); the idle one is taken when everything is loaded and nothing read.
const { main } = await import('../../dist/cli/graffitize.js');
const peak = () => process.resourceUsage().maxRSS * 1024;
const idle = peak();
const started = performance.now();
const code = await main(process.argv.slice(2));
console.log(JSON.stringify({ code, idle, peak: peak() - idle, ms: performance.now() - started }));
