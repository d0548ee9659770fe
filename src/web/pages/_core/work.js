// Proof of work: what the server asks for while many people sign up or ask for mails.

// Resolves with the value of X-Authd-Work. The page goes on while a worker looks for it.
export function proveWork({challenge, bits}) {
  return new Promise((resolve, reject) => {
    const worker = new Worker("/ui/work.js");
    worker.onmessage = ({data}) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = reject;
    worker.postMessage({challenge, bits});
  });
}
