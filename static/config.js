// The models that StoryGen offers. Edit this file with any text editor; changes show without a restart.
//
// To add a model:
//   1. Put its folder (or its .gguf file) into the folder "models".
//   2. Write a line below:   "Name on the page": "name-of-the-folder",
//
// Instead of a folder's name you can write a hub id ("organisation/model"; it is downloaded on first use)
// or an object with more settings:
//
//   "My fine-tune": {
//     source: "my-model",    // a folder or .gguf file in "models", or a hub id
//     format: "raw",         // raw, wp, chat, or a text with {prompt} and {story} in it
//     context: 2048,         // how many tokens it looks back
//     precision: "fp32",     // fp32, bf16 or fp16
//     preset: "Balanced",    // the sampling preset to begin with
//   },
//
// Models in the folder "models" that have no line here are offered too, under their folder's name.
// More in models/README.md.

var ModelConfig = {
  // models that go on with a story
  continuationModels: {
    "SmolLM2 135M": "smollm2-135m-instruct",
  },

  // models that write a story from a writing prompt
  promptModels: {
    "SmolLM2 135M": "smollm2-135m-instruct",
  },
};

// where the original storygen client finds the server
var APILocation = "127.0.0.1:5000";
