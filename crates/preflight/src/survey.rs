//! Tools, distribution and host in one report, for a person who asks whether a host is ready.

use std::path::Path;
use std::time::SystemTime;

use distro::{Distribution, distribution};
use exec::{Env, ProbeCache};
use serde::Serialize;

use crate::host::{Finding, HostFacts, HostNeeds, findings};
use crate::tools::{Need, Report, check, remedy_for};

/// All that was seen. Looking changes nothing, and no network is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// Whether nothing is missing and nothing stands in the way.
    pub ready: bool,
    /// The distribution.
    pub distribution: Distribution,
    /// The tools.
    pub tools: Report,
    /// One line that gets everything that is missing; `None` where nothing is.
    pub remedy: Option<String>,
    /// The host.
    pub host: HostFacts,
    /// What stands, or may stand, in the way.
    pub findings: Vec<Finding>,
}

impl Survey {
    /// Looks at everything. `root` is where the system's files are: `/`.
    pub fn take<N: Clone + Into<Need>>(
        tools: &[N],
        host: &HostNeeds,
        env: &Env,
        cache: &ProbeCache,
        root: &Path,
        now: SystemTime,
    ) -> Self {
        let distribution = distribution(root);
        let tools = check(tools, env, cache);
        let facts = HostFacts::look(host, root, now);
        let findings = findings(host, &facts);
        let ready = tools.is_complete() && !findings.iter().any(|finding| finding.blocking);
        let remedy = match &tools.limit {
            Some(refused) => Some(refused.limit.remedy().to_owned()),
            None => (!tools.is_complete()).then(|| remedy_for(&tools, &distribution)),
        };
        Self { ready, distribution, tools, remedy, host: facts, findings }
    }
}
