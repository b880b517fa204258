//! Which files make up one instance.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::roles;
use crate::document::{Document, FileId, Role};
use crate::instance::Given;

/// The files of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The folder it lives in, as far as its files tell.
    pub root: PathBuf,
    /// Its name: the folder's.
    pub name: String,
    /// Its files, sorted by path; files of the JVM may belong to several instances.
    pub files: Vec<FileId>,
    /// What the configuration says of its versions.
    pub given: Given,
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn up(path: &Path, levels: usize) -> &Path {
    path.ancestors().nth(levels).unwrap_or(Path::new(""))
}

/// The home of a file that lies where an installation keeps it; `None` elsewhere.
pub fn installed_home(path: &Path, role: Role) -> Option<PathBuf> {
    let folder = name_of(up(path, 1));
    match role {
        Role::ServerCnf => (folder == "config").then(|| up(path, 2).to_owned()),
        Role::Ports => {
            (folder == "config" && name_of(up(path, 3)) == "packages").then(|| up(path, 4).to_owned())
        }
        Role::Wrapper | Role::CustomWrapper if folder == "configuration" => {
            let profile = up(path, 2);
            if name_of(up(profile, 1)) != "profiles" {
                return Some(profile.to_owned());
            }
            Some(match name_of(profile).strip_prefix("IS_") {
                Some(instance) => up(profile, 2).join("IntegrationServer/instances").join(instance),
                None => profile.to_owned(),
            })
        }
        Role::Ini | Role::Setenv | Role::Lock => (folder == "bin").then(|| up(path, 2).to_owned()),
        Role::SecurityOverride => {
            (folder == "security" && name_of(up(path, 2)) == "config").then(|| up(path, 3).to_owned())
        }
        Role::StoreAlias => {
            (folder == "keystore" && name_of(up(path, 3)) == "config").then(|| up(path, 4).to_owned())
        }
        Role::Manifest => Some(up(path, 3).to_owned()),
        Role::JavaSecurity | Role::JdkRelease => {
            path.ancestors().filter(|folder| name_of(folder) == "jvm").last().map(|jvm| up(jvm, 1).to_owned())
        }
        Role::Template => Some(up(path, 1).to_owned()),
        _ => None,
    }
}

fn home(path: &Path, role: Role) -> PathBuf {
    // Settings under another name are a variant, beside others of its kind: each stands for itself.
    if matches!(role, Role::ServerCnf | Role::Template) && !roles::is_canonical(path) {
        return path.to_owned();
    }
    installed_home(path, role).unwrap_or_else(|| {
        // A package or config folder outside an installation stands for itself.
        let levels = if name_of(up(path, 1)) == "config" { 2 } else { 1 };
        up(path, levels).to_owned()
    })
}

/// Where the files that help to understand a single file lie, relative to its home.
pub fn context_files(home: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = [
        "config/server.cnf",
        "application.properties",
        "bin/ini.cnf",
        "bin/setenv.sh",
        "bin/setenv.bat",
        "bin/.lock",
        "packages/WmRoot/config/listeners.cnf",
        "packages/WmRoot/manifest.v3",
        "config/security/webm_override_java.security",
        "configuration/wrapper.conf",
        "configuration/custom_wrapper.conf",
    ]
    .into_iter()
    .map(PathBuf::from)
    .collect();
    if name_of(up(home, 1)) == "instances" {
        let profile = PathBuf::from(format!("../../../profiles/IS_{}/configuration", name_of(home)));
        files.push(profile.join("wrapper.conf"));
        files.push(profile.join("custom_wrapper.conf"));
    }
    for software in ["..", "../../.."] {
        for file in ["release", "conf/security/java.security", "jre/lib/security/java.security"] {
            files.push(Path::new(software).join("jvm/jvm").join(file));
        }
    }
    files
}

fn has(group: &Group, documents: &[Document], role: Role) -> bool {
    group.files.iter().any(|id| documents[id.0].role == role)
}

/// Sorts documents (already sorted by path) into instances.
pub fn group(documents: &[Document]) -> Vec<Group> {
    let mut wrappers: BTreeMap<&Path, usize> = BTreeMap::new();
    for document in documents.iter().filter(|document| document.role == Role::CustomWrapper) {
        *wrappers.entry(document.folder()).or_default() += 1;
    }
    // Of several in one folder each is for another server.
    let is_variant = |document: &Document| {
        let many = wrappers.get(document.folder()).is_some_and(|count| *count > 1);
        document.role == Role::CustomWrapper && many && !roles::is_canonical(&document.path)
    };
    let mut groups: BTreeMap<PathBuf, Group> = BTreeMap::new();
    let mut others = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        if document.role.is_primary() {
            // A file reached by several links belongs to the instance of each.
            let places = [&document.path].into_iter().chain(&document.links);
            for place in places {
                let root = if is_variant(document) { place.clone() } else { home(place, document.role) };
                let group = groups.entry(root.clone()).or_insert_with(|| Group {
                    name: name_of(&root).to_owned(),
                    root,
                    files: Vec::new(),
                    given: Given::default(),
                });
                group.files.push(FileId(index));
            }
        } else {
            others.push(FileId(index));
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    adopt_orphans(&mut groups, documents);
    let mut alone = BTreeMap::new();
    for id in others {
        attach(&mut groups, &mut alone, documents, id);
    }
    groups.extend(alone.into_values());
    for group in &mut groups {
        group.files.sort_unstable();
        // A file and a link to it may lie in one instance.
        group.files.dedup();
    }
    groups
}

/// In a configuration repository of free layout the wrapper files and ports lie anywhere: they go to the one
/// instance with a server.cnf, if there is just one.
fn adopt_orphans(groups: &mut Vec<Group>, documents: &[Document]) {
    let with_settings: Vec<usize> =
        (0..groups.len()).filter(|&index| has(&groups[index], documents, Role::ServerCnf)).collect();
    let [parent] = with_settings[..] else { return };
    for role in [Role::Wrapper, Role::CustomWrapper, Role::Ports] {
        let is_orphan = |group: &Group| {
            !has(group, documents, Role::ServerCnf)
                && !has(group, documents, Role::Template)
                && !is_other_product(group)
                && has(group, documents, role)
        };
        let orphans: Vec<usize> = (0..groups.len()).filter(|&index| is_orphan(&groups[index])).collect();
        // Packages have a ports file each; of wrapper files an instance has one, and which of several, nobody tells.
        let many = role == Role::Ports;
        if !many && (has(&groups[parent], documents, role) || orphans.len() > 1) {
            continue;
        }
        for orphan in orphans {
            let files = std::mem::take(&mut groups[orphan].files);
            groups[parent].files.extend(files);
        }
    }
    groups.retain(|group| !group.files.is_empty());
}

/// Profiles of other products (SPM, MWS, CTP) have wrapper files of their own.
fn is_other_product(group: &Group) -> bool {
    name_of(up(&group.root, 1)) == "profiles"
}

/// Gives a supporting file to the instances it speaks of; `groups` are sorted by root. One that speaks of none makes an
/// instance of its own, in `alone`.
fn attach(groups: &mut [Group], alone: &mut BTreeMap<PathBuf, Group>, documents: &[Document], id: FileId) {
    let document = &documents[id.0];
    let root = home(&document.path, document.role);
    let first = groups.partition_point(|group| group.root < root);
    // A start script above instances is none of theirs: wrappers start them.
    let has_instances = groups[first..].first().is_some_and(|group| group.root.starts_with(&root));
    // Paths sort by their parts, so what lies below a folder follows it without a gap.
    let below = groups[first..].iter_mut().take_while(|group| group.root.starts_with(&root));
    let shared = matches!(document.role, Role::JavaSecurity | Role::JdkRelease);
    let mut taken = false;
    for group in below.filter(|group| shared || group.root == root) {
        group.files.push(id);
        taken = true;
    }
    if taken {
        return;
    }
    if let [only] = groups {
        only.files.push(id);
    } else if is_of_use(document) && !(document.role == Role::Setenv && has_instances) {
        let name = name_of(&root).to_owned();
        let group = Group { name, root: root.clone(), files: Vec::new(), given: Given::default() };
        alone.entry(root).or_insert(group).files.push(id);
    }
}

/// Whether a supporting file is worth an instance of its own. Start scripts of other products set no `JAVA_CUSTOM_OPTS`.
fn is_of_use(document: &Document) -> bool {
    let script = document.setenv().is_none_or(|script| !script.assignments().is_empty());
    super::is_linted(document.role) && script
}

#[cfg(test)]
mod tests {
    use crate::discover::Discovery;

    /// The instances of a tree: each name with its files.
    fn instances(paths: &[&str]) -> Vec<(String, Vec<String>)> {
        let text = |path: &str| {
            if path.ends_with("application.properties") { "settings.watt.a=1\n" } else { "watt.a=1\n" }
        };
        let found = Discovery::from_memory(paths.iter().map(|path| (*path, text(path).as_bytes().to_vec())));
        let names =
            |group: &super::Group| group.files.iter().map(|id| found.document(*id).display.clone()).collect();
        found.groups.iter().map(|group| (group.name.clone(), names(group))).collect()
    }

    #[test]
    fn an_installation_with_two_instances() {
        let found = instances(&[
            "IntegrationServer/instances/a/config/server.cnf",
            "IntegrationServer/instances/a/packages/P/config/listeners.cnf",
            "IntegrationServer/instances/b/config/server.cnf",
            "profiles/IS_a/configuration/custom_wrapper.conf",
            "profiles/SPM/configuration/custom_wrapper.conf",
            "jvm/jvm/conf/security/java.security",
        ]);
        let names: Vec<_> = found.iter().map(|(name, files)| (name.as_str(), files.len())).collect();
        // The JVM serves all three; the platform manager is none of the instances.
        assert_eq!(names, [("a", 4), ("b", 2), ("SPM", 2)]);
    }

    #[test]
    fn a_repository_of_free_layout() {
        let found = instances(&[
            "deploy/server.cnf",
            "packages-a/config/listeners.cnf",
            "packages-b/config/listeners.cnf",
            "wrapper/custom_wrapper.conf",
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn variants_in_one_folder_stay_apart() {
        let found = instances(&[
            "prod-server.cnf",
            "server-test.cnf",
            "my_server_notes.cnf.txt",
            "custom_wrapper.conf",
        ]);
        let names: Vec<_> = found.iter().map(|(name, files)| (name.as_str(), files.len())).collect();
        assert_eq!(names, [("", 1), ("prod-server.cnf", 1), ("server-test.cnf", 1)]);
    }

    #[test]
    fn environments_side_by_side_stay_apart() {
        let found = instances(&[
            "base/config/server.cnf",
            "env/dev/application.properties",
            "env/prod/application.properties",
            "env/dev/custom_wrapper.conf",
            "env/prod/custom_wrapper.conf",
        ]);
        let names: Vec<_> = found.iter().map(|(name, files)| (name.as_str(), files.len())).collect();
        assert_eq!(names, [("base", 1), ("dev", 2), ("prod", 2)]);
    }
}
