// Makes the calls that stdin names with Segment's own client, one after the other, and prints what
// each came to: {"result": …} as `unwrap` gives it, or {"thrown": …, "status": …, "headers": …}.
const { AudiencesApi, AuditTrailApi, unwrap } = require('@segment/public-api-sdk-typescript');

async function made(api, method, parameters) {
  let response;
  const call = api[method](...parameters).then(
    (answer) => { response = answer.response; return answer; },
    (error) => { response = error.response; throw error; },
  );
  try {
    const result = await unwrap(call);
    return { result, status: response.statusCode, headers: response.headers };
  } catch (error) {
    const thrown = error instanceof Error ? `${error.name}: ${error.message}` : error;
    return { thrown, status: response?.statusCode, headers: response?.headers };
  }
}

async function main() {
  const { url, token, calls } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const apis = { audiences: new AudiencesApi(url), auditTrail: new AuditTrailApi(url) };
  for (const api of Object.values(apis)) api.accessToken = token;
  const results = [];
  for (const [api, method, ...parameters] of calls) results.push(await made(apis[api], method, parameters));
  console.log(JSON.stringify(results));
}

main();
