// The original client's calls with the JavaScript library it uses, from an allowed origin, without a token.
// Arguments: port, transport. Prints one JSON object of what it was told.
import { io } from "socket.io-client";

const [port, transport] = process.argv.slice(2);
const socket = io(`http://127.0.0.1:${port}`, {
  transports: [transport],
  extraHeaders: { Origin: "https://old.example" },
  reconnection: false,
});

const told = { texts: null, slices: [], blank: null, endless: "" };
const finish = () => {
  console.log(JSON.stringify(told));
  socket.close();
};

socket.on("connect_error", (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.on("on_generate_completed", (task, texts) => {
  if (task === "blank") {
    told.blank = texts;
    socket.emit("start_new_sampler", "story", "numbers", "Once, end 100", { temperature: 0.7 });
  } else {
    told.texts = texts;
    socket.emit("generate_text", "blank", "numbers", "  ", 5);
  }
});
socket.on("on_text", (sampler, text, acknowledge) => {
  if (sampler === "story") {
    told.slices.push(text);
    acknowledge(true);
  } else {
    told.endless += text;
    acknowledge(false);
    socket.emit("start_new_sampler", "last", "numbers", "", {});
  }
});
socket.on("on_text_sample_completed", (sampler) => {
  if (sampler === "story") {
    socket.emit("start_new_sampler", "endless", "numbers", "Once");
  } else {
    finish();
  }
});
socket.emit("generate_text", "texts", "numbers", "Once", 3, { top_k: 5 }, 2);
