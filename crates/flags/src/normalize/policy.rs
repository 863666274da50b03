//! What the pool's configuration decides before any of its flags is looked at.

/// What the engine must run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// NVIDIA GPUs. A command line that would run on the CPU is an error.
    Cuda,
    /// The CPU, because the operator wrote so. No layer goes to a GPU.
    Cpu,
}

/// The decisions of the pool's configuration that become flags or forbid some.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// What the engine must run on.
    pub accelerator: Accel,
    /// Path of the model file.
    pub model: &'a str,
    /// Address to listen on.
    pub host: &'a str,
    /// TCP port to listen on.
    pub port: u16,
    /// Context size in tokens, where the pool sets one; becomes `--ctx-size`.
    pub ctx: Option<u32>,
    /// How many GPUs the engine will see; 0 where that is not known.
    pub devices: usize,
    /// Shares of the model per GPU, where the pool sets them; becomes `--tensor-split`.
    pub tensor_split: Option<&'a [f32]>,
    /// How many attention heads the model has (`num_attention_heads` of its `config.json`), where that is known: GPUs that
    /// share each layer must divide them.
    pub heads: Option<u32>,
}
