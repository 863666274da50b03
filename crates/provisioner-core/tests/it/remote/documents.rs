//! Engines as they answer for themselves, by their own sources and documentation.

use super::{Asked, Engine, Wire, json, reply};

/// Answers as this engine does that serves the model `tiny`.
pub(super) fn answers(engine: Engine, version: &str, asked: &Asked, wire: &mut dyn Wire) {
    let openai = |owner: &str, id: &str| json!({ "object": "list", "data": [{ "id": id, "owned_by": owner }] });
    let body = match (engine, asked.method.as_str(), asked.path.as_str()) {
        (Engine::Triton, "GET", "/v2/health/ready") => return reply(wire, "200 OK", "", ""),
        (_, "GET", "/health") if engine != Engine::Triton => return reply(wire, "200 OK", "", ""),
        (Engine::Llamacpp, "GET", "/props") => {
            json!({ "default_generation_settings": {}, "total_slots": 4, "build_info": version })
        }
        (Engine::Llamacpp, "GET", "/v1/models") => openai("llamacpp", "/models/tiny.gguf"),
        (Engine::Vllm, "GET", "/version") => json!({ "version": version }),
        (Engine::Vllm, "GET", "/v1/models") => openai("vllm", "tiny"),
        // A release from before the route `/server_info`.
        (Engine::Sglang, "GET", "/get_server_info") => json!({ "model_path": "tiny", "version": version }),
        (Engine::Sglang, "GET", "/v1/models") => openai("sglang", "tiny"),
        (Engine::Tgi, "GET", "/info") => {
            json!({ "model_id": "tiny", "router": "text-generation-router", "version": version })
        }
        (Engine::Triton, "GET", "/v2") => json!({ "name": "triton", "version": version, "extensions": [] }),
        (Engine::Triton, "POST", "/v2/repository/index") => json!([{ "name": "tiny", "state": "READY" }]),
        _ => return reply(wire, "404 Not Found", "", ""),
    };
    reply(wire, "200 OK", "Content-Type: application/json\r\n", &body.to_string());
}
