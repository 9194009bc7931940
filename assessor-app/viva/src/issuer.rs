//! In whose name, and with whose key, records, decisions, credentials and calibrations are sealed.
//!
//! An issuer is a folder: `issuer.toml` says who it is, `issuer.key` is its secret. Without one everything is signed by the key that
//! everybody has, and is a demonstration.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use viva_assessment::exam::Calibration;
use viva_record::keys;
use viva_verify::canonical::{hex, to_canonical};
use viva_verify::did::{did_key, parse_did_key};
use viva_verify::{Failure, Fault};

/// Whose levels a calibration is about: another version may judge otherwise.
pub(crate) const PROGRAM: &str = concat!("viva ", env!("CARGO_PKG_VERSION"));

/// Where nothing is published: a verifier must be handed the lists.
pub(crate) const DEFAULT_STATUS_URL: &str = "urn:viva:status";

const FILE: &str = "issuer.toml";
const KEY_FILE: &str = "issuer.key";
/// An Open Badge shows it as a line.
const LONGEST_NAME: usize = 120;

/// `issuer.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default = "nowhere")]
    status_url: String,
    #[serde(default)]
    trusts: Vec<String>,
}

fn nowhere() -> String {
    DEFAULT_STATUS_URL.to_owned()
}

/// Who seals.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    pub(crate) key: SigningKey,
    /// Address under which the issuer publishes `revocation` and `suspension`.
    pub(crate) status_url: String,
    /// Whose calibrations count beside its own.
    trusts: Vec<VerifyingKey>,
}

impl Issuer {
    /// The issuer of a folder; without one that of demonstrations.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self> {
        let Some(folder) = folder else { return Ok(Self::demonstration()) };
        let path = folder.join(FILE);
        let shown = path.display();
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("cannot read {shown}: `viva issuer new {} --name NAME` makes an issuer", folder.display())
        })?;
        let written: Written = toml::from_str(&text).with_context(|| shown.to_string())?;
        check_name(&written.name).with_context(|| shown.to_string())?;
        ensure!(
            viva_credential::is_uri(&written.status_url),
            "{shown}: `status_url` {:?} is no absolute URI such as https://programme.example/status",
            written.status_url
        );
        let trusted = |did: &String| {
            parse_did_key(did).with_context(|| {
                format!("{shown}: `trusts` names {did:?}, which is no did:key of an Ed25519 key")
            })
        };
        let key = keys::load(&folder.join(KEY_FILE))?;
        ensure!(
            !keys::is_demo_key(&key.verifying_key()),
            "{}: this is the demonstration key, which everybody has; `viva issuer new` makes one of your own",
            folder.join(KEY_FILE).display()
        );
        let trusts = written.trusts.iter().map(trusted).collect::<Result<Vec<_>>>()?;
        ensure!(
            !trusts.iter().any(keys::is_demo_key),
            "{shown}: `trusts` names the demonstration key, with which anybody can sign"
        );
        Ok(Self { name: written.name, key, status_url: written.status_url, trusts })
    }

    /// Who signs what proves nothing.
    pub(crate) fn demonstration() -> Self {
        Self {
            name: "Viva demonstration programme".to_owned(),
            key: keys::demo_key(),
            status_url: nowhere(),
            trusts: Vec::new(),
        }
    }

    /// Makes the folder's files; refuses where it is an issuer's already.
    pub(crate) fn create(folder: &Path, name: &str, status_url: Option<&str>) -> Result<Self> {
        check_name(name)?;
        let path = folder.join(FILE);
        if path.exists() || folder.join(KEY_FILE).exists() {
            bail!("{} is the folder of an issuer already; nothing was written", folder.display());
        }
        let status_url = status_url.map_or_else(nowhere, str::to_owned);
        ensure!(
            viva_credential::is_uri(&status_url),
            "--status-url {status_url:?} is no absolute URI: name one such as https://programme.example/status"
        );
        let written = Written { name: name.to_owned(), status_url, trusts: Vec::new() };
        let text = format!(
            "# Who seals records and issues credentials; the secret is in {KEY_FILE} beside this file.\n\
             # `trusts` names issuers, did:key:…, whose calibration of a rubric counts here.\n{}",
            toml::to_string(&written)?
        );
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))?;
        // Last, so that no key is left without its issuer.
        keys::create(&folder.join(KEY_FILE))?;
        Self::open(Some(folder))
    }

    /// The public key as `did:key:…`.
    pub(crate) fn did(&self) -> String {
        did_key(&self.key.verifying_key())
    }

    /// The public key.
    pub(crate) fn public(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// True where everybody has the key.
    pub(crate) fn is_demonstration(&self) -> bool {
        keys::is_demo_key(&self.public())
    }

    /// Others whose calibrations count, `did:key:…`.
    pub(crate) fn trusted(&self) -> Vec<String> {
        self.trusts.iter().map(did_key).collect()
    }

    /// Signs a calibration in the issuer's name.
    pub(crate) fn sign(&self, calibration: &mut Calibration) -> Result<()> {
        calibration.signer = self.did();
        calibration.signature = hex(&self.key.sign(&signed_bytes(calibration)?).to_bytes());
        Ok(())
    }

    /// Whether what this key signed counts for this issuer; in demonstrations everything does.
    pub(crate) fn accepts(&self, signer: &VerifyingKey) -> bool {
        self.is_demonstration() || *signer == self.public() || self.trusts.contains(signer)
    }

    /// Why a calibration whose signature holds does not count for sessions of this issuer with this sentence network; `None` where it does.
    pub(crate) fn distrust(&self, calibration: &Calibration, network: &str) -> Option<String> {
        let Some(signer) = parse_did_key(&calibration.signer) else {
            return Some("its signer is no did:key".to_owned());
        };
        if !self.accepts(&signer) {
            return Some(format!(
                "it is signed by {}, and this session's issuer is {}: calibrate with --issuer, or add the signer to `trusts` in issuer.toml",
                calibration.signer,
                self.did()
            ));
        }
        let (made, now) = ((calibration.program.as_str(), calibration.network.as_str()), (PROGRAM, network));
        (made != now).then(|| {
            format!(
                "it was made with {} and {}, and this is {} with {}: score the anchor sessions again (`viva calibrate --again`) and calibrate anew",
                made.0, made.1, now.0, now.1
            )
        })
    }
}

/// Beside a record of another key: whose key was looked for, and what to do.
pub(crate) fn of_another(failure: Failure, issuer: &Issuer) -> anyhow::Error {
    let is_another = matches!(failure.fault, Fault::Key { .. });
    let error = anyhow::Error::from(failure);
    if is_another {
        error.context(format!(
            "the record is not of {}: name the issuer that sealed it, --issuer FOLDER or VIVA_ISSUER",
            if issuer.is_demonstration() { "the demonstration key" } else { &issuer.name }
        ))
    } else {
        error
    }
}

/// Everything but the signature, in canonical form.
fn signed_bytes(calibration: &Calibration) -> Result<Vec<u8>> {
    let mut signed = serde_json::to_value(calibration)?;
    signed.as_object_mut().context("a calibration is an object")?.remove("signature");
    Ok(to_canonical(&signed)?)
}

/// Holds a calibration's signature against the signer that it names.
pub(crate) fn check_signature(calibration: &Calibration) -> Result<(), String> {
    let holds = || {
        let signer = parse_did_key(&calibration.signer)?;
        let signature = Signature::from_bytes(&keys::parse_hex(&calibration.signature)?);
        signer.verify_strict(&signed_bytes(calibration).ok()?, &signature).ok()
    };
    holds().ok_or_else(|| {
        "its signature does not hold, so that somebody else than its signer wrote it: calibrate again, or remove this file".to_owned()
    })
}

fn check_name(name: &str) -> Result<()> {
    let fits = !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
    ensure!(
        fits && !name.chars().any(char::is_control),
        "an issuer's name is one line of 1 to {LONGEST_NAME} characters, not {name:?}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_made_once_and_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("academy");
        let made = Issuer::create(&folder, "Ward Academy", Some("https://academy.example/status")).unwrap();
        assert!(Issuer::create(&folder, "Another", None).is_err(), "its key is not written over");
        let opened = Issuer::open(Some(&folder)).unwrap();
        assert_eq!((opened.did(), opened.name.as_str()), (made.did(), "Ward Academy"));
        assert!(!opened.is_demonstration() && Issuer::open(None).unwrap().is_demonstration());
        let mut calibration = calibration();
        opened.sign(&mut calibration).unwrap();
        assert_eq!((check_signature(&calibration), made.distrust(&calibration, "net")), (Ok(()), None));
        let other = Issuer::create(&dir.path().join("other"), "Other", None).unwrap();
        assert!(other.distrust(&calibration, "net").unwrap().contains("`trusts`"));
        let text = std::fs::read_to_string(folder.join(FILE)).unwrap();
        let trusting = |did: &str| text.replace("trusts = []", &format!("trusts = [\"{did}\"]"));
        let demo = trusting(&Issuer::demonstration().did());
        std::fs::write(folder.join(FILE), demo).unwrap();
        assert!(Issuer::open(Some(&folder)).unwrap_err().to_string().contains("anybody can sign"));
        let text = trusting(&other.did());
        std::fs::write(folder.join(FILE), text).unwrap();
        other.sign(&mut calibration).unwrap();
        assert!(made.distrust(&calibration, "net").is_some());
        assert_eq!(Issuer::open(Some(&folder)).unwrap().distrust(&calibration, "net"), None);
    }

    fn calibration() -> Calibration {
        Calibration {
            exam_sha256: "00".to_owned(),
            ratings_sha256: "00".to_owned(),
            program: PROGRAM.to_owned(),
            network: "net".to_owned(),
            sessions: 40,
            candidates: 40,
            raters: 2,
            gates: Vec::new(),
            intervals: Vec::new(),
            signer: String::new(),
            signature: String::new(),
        }
    }

    #[test]
    fn a_calibration_that_was_changed_does_not_hold() {
        let issuer = Issuer::demonstration();
        let mut signed = calibration();
        issuer.sign(&mut signed).unwrap();
        let changed = |change: fn(&mut Calibration)| {
            let mut other = signed.clone();
            change(&mut other);
            check_signature(&other).is_err()
        };
        assert!(changed(|one| one.candidates = 400) && changed(|one| one.signer = String::new()));
        assert!(changed(|one| one.signature = "é".repeat(64)) && changed(|one| one.signature.clear()));
        let old = Calibration { program: "viva 0.0.0".to_owned(), ..signed.clone() };
        assert!(issuer.distrust(&old, "net").unwrap().contains("viva 0.0.0"));
        assert!(issuer.distrust(&signed, "another net").unwrap().contains("another net"));
    }

    #[test]
    fn what_cannot_be_an_issuer_is_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let told = |folder: &Path| format!("{:#}", Issuer::open(Some(folder)).unwrap_err());
        assert!(told(&dir.path().join("none")).contains("viva issuer new"));
        for name in ["", "  ", "two\nlines"] {
            assert!(Issuer::create(&dir.path().join("bad"), name, None).is_err(), "{name:?}");
        }
        assert!(Issuer::create(&dir.path().join("bad"), "Name", Some("no address")).is_err());
        assert!(!dir.path().join("bad").exists(), "nothing is written before all is looked at");
        let folder = dir.path().join("own");
        Issuer::create(&folder, "Own", None).unwrap();
        std::fs::write(folder.join(FILE), "name = \"Own\"\ntrusts = [\"did:web:example.org\"]\n").unwrap();
        assert!(told(&folder).contains("did:web:example.org"));
        std::fs::write(folder.join(FILE), "name = \"Own\"\nkey = 1\n").unwrap();
        assert!(told(&folder).contains("key"));
    }
}
