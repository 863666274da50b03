//! Plan files: plans that are approved before they are executed, and the check right before they are.
//!
//! The rules: a plan file is executed by the version, on the host and by the user that wrote it, as it was written; and
//! only while a plan that is made now, under the pool's lock, is the same one ([`stale`](crate::plan::stale)).

use std::collections::BTreeMap;
use std::path::Path;

use config_schema::{PoolConfig, PoolId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::observe::host::HostSnapshot;
use crate::observe::host_facts::HostFacts;
use crate::plan::action::Launch;
use crate::plan::approved_error::PlanFileError;
use crate::plan::planner::Planned;
use crate::plan::stale::{View, of_start, stale};
use crate::plan::{Plan, SCHEMA, StepKind};
use crate::pool::desired::Desired;
use crate::provisioner::Provisioner;
use crate::provisioner::provider::provisioner;
use crate::summary::Model;
use crate::{Error, Result, Settings};

/// No plan file is larger: 1,000 pools with some 30 KB each.
const LARGEST: u64 = 64 << 20;
/// What the file says that it is.
const KIND: &str = "engine-provisioner plan";

/// Plans of one or more pools, as a file holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFile {
    content: Content,
}

/// What a plan file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    kind: String,
    schema: u32,
    version: String,
    host: HostFacts,
    pools: Vec<Approved>,
}

/// One pool's plan, with what it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approved {
    pub(crate) plan: Plan,
    /// Whether an engine of another configuration is stopped for it.
    pub(crate) replace: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    launch: Option<Launch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<Model>,
    /// The warning that earlier pools of the same call need the same memory.
    #[serde(skip)]
    pub(crate) beside: Option<String>,
}

/// The plans of these pools, all with one look at the host, in their order, and why the others have none. Each pool is
/// planned beside those before it, and one that cannot be planned hides no other. Writes nothing, asks no network.
pub fn plan_each(pools: &[PoolConfig], settings: &Settings) -> (Vec<Plan>, Vec<(PoolId, Error)>) {
    each(pools, settings, Provisioner::plan_with)
}

fn each<T>(
    pools: &[PoolConfig],
    settings: &Settings,
    plan: impl Fn(&Provisioner, &PoolConfig, &HostSnapshot) -> Result<T>,
) -> (Vec<T>, Vec<(PoolId, Error)>) {
    let host = HostSnapshot::of_moment(settings);
    let (mut plans, mut failed) = (Vec::new(), Vec::new());
    for pool in pools {
        match provisioner(pool, settings.clone()).and_then(|one| plan(&one, pool, &host)) {
            Ok(planned) => plans.push(planned),
            Err(error) => failed.push((pool.id.clone(), error)),
        }
    }
    (plans, failed)
}

impl PlanFile {
    /// Plans these pools, all with one look at the host. Writes nothing, asks no network. Each pool is planned beside
    /// those before it: a port that one of them is going to take is taken.
    pub fn of(pools: &[PoolConfig], settings: &Settings) -> Result<Self> {
        match Self::of_each(pools, settings) {
            (file, failed) if failed.is_empty() => Ok(file),
            (_, failed) => {
                Err(failed.into_iter().next().map_or(Error::Unfinished { what: "plan" }, |(_, error)| error))
            }
        }
    }

    /// Like [`PlanFile::of`], where a pool that cannot be planned hides no other: the plans of those that can, and why the
    /// others cannot.
    pub fn of_each(pools: &[PoolConfig], settings: &Settings) -> (Self, Vec<(PoolId, Error)>) {
        let (plans, failed) = each(pools, settings, Provisioner::approve);
        let content = Content {
            kind: KIND.into(),
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            host: HostFacts::now(settings),
            pools: plans,
        };
        (Self { content }, failed)
    }

    /// The plans, in the order of the pools.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.content.pools.iter().map(|approved| &approved.plan)
    }

    /// Writes the file as a whole, readable and writable by this user alone.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut content = serde_json::to_value(&self.content).unwrap_or_default();
        let digest = digest_of(&content);
        if let Value::Object(fields) = &mut content {
            fields.insert("digest".into(), digest.into());
        }
        let mut bytes = serde_json::to_vec_pretty(&content).unwrap_or_default();
        bytes.push(b'\n');
        let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
        Ok(durable::replace(&path, &bytes)?)
    }

    /// Reads a file that this version wrote on this host for this user.
    ///
    /// # Errors
    /// `plan::missing`, `plan::foreign`, `plan::unreadable`, `plan::version`, `plan::edited` or `plan::host`; `file::*`
    /// for what is no plain file or too large.
    pub fn read(path: &Path, settings: &Settings) -> Result<Self> {
        let owned = durable::read_owned(path, LARGEST)?.ok_or_else(|| PlanFileError::Missing { path: path.into() })?;
        if let Some(why) = owned.foreign() {
            return Err(PlanFileError::Foreign { path: path.into(), why }.into());
        }
        let unreadable = |why: String| PlanFileError::Unreadable { path: path.into(), why };
        let mut value: Value = serde_json::from_slice(&owned.bytes).map_err(|error| unreadable(error.to_string()))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("kind") != KIND {
            return Err(unreadable(format!("it does not say that it is an {KIND}")).into());
        }
        let schema = value.get("schema").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        if schema != SCHEMA || text("version") != env!("CARGO_PKG_VERSION") {
            return Err(Error::PlanVersion { made_by: text("version"), schema });
        }
        let kept = value.as_object_mut().and_then(|fields| fields.remove("digest"));
        let kept = kept.as_ref().and_then(Value::as_str).unwrap_or_default();
        if kept != digest_of(&value) {
            return Err(PlanFileError::Edited { path: path.into() }.into());
        }
        let content: Content = serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))?;
        let differences = content.host.differences(&HostFacts::now(settings));
        if !differences.is_empty() {
            return Err(PlanFileError::Host { path: path.into(), what: differences.join("; ") }.into());
        }
        Ok(Self { content })
    }

    /// Whether the pool's plan stops an engine of another configuration.
    pub fn replaces(&self, pool: &PoolId) -> bool {
        self.content.pools.iter().any(|approved| approved.plan.pool_id == *pool && approved.replace)
    }

    /// The plan of a pool.
    pub(crate) fn approved(&self, pool: &PoolId) -> Result<&Approved> {
        let found = self.content.pools.iter().find(|approved| approved.plan.pool_id == *pool);
        Ok(found.ok_or_else(|| PlanFileError::NoPool { pool: pool.clone() })?)
    }
}

impl Approved {
    pub(crate) fn of(planned: Planned, replace: bool) -> Self {
        Self { plan: planned.plan, replace, launch: planned.launch, model: planned.model, beside: None }
    }

    /// Refuses a plan of now that is not the approved one.
    pub(crate) fn check(&self, now: &Planned, desired: &Desired, included: &dyn Fn(StepKind) -> bool) -> Result<()> {
        let approved = View { plan: &self.plan, launch: self.launch.as_ref(), model: self.model.as_ref() };
        let now = View { plan: &now.plan, launch: now.launch.as_ref(), model: now.model.as_ref() };
        self.judge(stale(approved, now, included, &desired.env))
    }

    /// Refuses a start that is not the approved one.
    pub(crate) fn check_start(&self, starts: &Launch, own_env: &BTreeMap<String, String>) -> Result<()> {
        let Some(launch) = &self.launch else { return Ok(()) };
        self.judge(of_start(&self.plan, launch, &starts.clone().literal(), own_env))
    }

    fn judge(&self, differences: Vec<crate::Stale>) -> Result<()> {
        if differences.is_empty() {
            return Ok(());
        }
        Err(PlanFileError::Stale { pool: self.plan.pool_id.clone(), differences }.into())
    }
}

/// SHA-256 of the compact JSON, whose keys are sorted: white space and order do not count.
fn digest_of(value: &Value) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    format!("sha256:{}", durable::sha256_of(&bytes))
}
