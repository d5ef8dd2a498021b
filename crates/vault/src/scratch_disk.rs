//! A disk in memory for tests: any call can fail or be the last, and a power cut takes what was not synced.

use std::any::Any;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, File, How};
use crate::keys::Random;

/// What goes wrong at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails; those after it do not.
    Fails(ErrorKind),
    /// It fails, and so does every one after it that writes: a disk that stays full or broken.
    StaysFailing(ErrorKind),
    /// It is interrupted once, and works when tried again.
    Interrupted,
    /// A write takes half of the bytes; a read gives half.
    Short,
    /// The process ends before it.
    CrashBefore,
    /// The process ends after it.
    CrashAfter,
    /// The process ends after it, and what was not synced is lost.
    PowerCut,
    /// The same, but names are kept and only contents are lost, as some file systems do.
    PowerCutKeepsNames,
    /// The same, but of what was written and not synced the first half is kept.
    PowerCutTears,
}

/// The disk; clones are the same one.
#[derive(Clone, Default)]
pub struct ScratchDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    calls: usize,
    fault: Option<(usize, Fault)>,
    failing: Option<ErrorKind>,
    ended: bool,
    no_links: bool,
}

#[derive(Default)]
struct Inode {
    data: Vec<u8>,
    durable: Vec<u8>,
}

/// What the process would see after it has ended: nothing.
fn ended() -> io::Error {
    io::Error::other("the process has ended")
}

impl ScratchDisk {
    pub fn new() -> Self {
        Self::default()
    }

    /// A file system without second names, as on many USB sticks.
    #[must_use]
    pub fn without_links(self) -> Self {
        self.state().no_links = true;
        self
    }

    /// Calls made so far.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Lets the call of that number, from now, meet the fault.
    pub fn plan(&self, call: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.calls + call, fault));
    }

    /// A new process on what is there; the disk works again.
    pub fn restart(&self) {
        let mut state = self.state();
        (state.fault, state.failing, state.ended) = (None, None, false);
    }

    /// The power is cut: whatever was not synced is gone.
    pub fn cut_power(&self) {
        self.state().cut_power(Fault::PowerCut);
    }

    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(path).map(|inode| state.files[*inode].data.clone())
    }

    /// Puts a file there, durably.
    pub fn put(&self, path: &Path, data: Vec<u8>) {
        let mut state = self.state();
        let inode = state.files.len();
        state.files.push(Inode { durable: data.clone(), data });
        state.names.insert(path.into(), inode);
        state.durable_names.insert(path.into(), inode);
    }

    /// A disk of its own with the same content.
    #[must_use]
    pub fn copy(&self) -> Self {
        let (copy, state) = (Self::new(), self.state());
        for (path, inode) in &state.names {
            copy.put(path, state.files[*inode].data.clone());
        }
        drop(state);
        copy
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, writes: bool, work: impl FnOnce(&mut State, bool) -> io::Result<T>) -> io::Result<T> {
        self.state().call(writes, work)
    }
}

impl State {
    fn call<T>(
        &mut self,
        writes: bool,
        work: impl FnOnce(&mut Self, bool) -> io::Result<T>,
    ) -> io::Result<T> {
        self.calls += 1;
        if self.ended {
            return Err(ended());
        }
        let fault = self.fault.filter(|(call, _)| *call == self.calls).map(|(_, fault)| fault);
        if let (None, Some(kind), true) = (fault, self.failing, writes) {
            return Err(kind.into());
        }
        match fault {
            None => work(self, false),
            Some(Fault::Fails(kind)) => Err(kind.into()),
            Some(Fault::StaysFailing(kind)) => {
                self.failing = Some(kind);
                Err(kind.into())
            }
            Some(Fault::Interrupted) => Err(ErrorKind::Interrupted.into()),
            Some(Fault::Short) => work(self, true),
            Some(Fault::CrashBefore) => {
                self.ended = true;
                Err(ended())
            }
            Some(Fault::CrashAfter) => {
                let _ = work(self, false);
                self.ended = true;
                Err(ended())
            }
            Some(cut @ (Fault::PowerCut | Fault::PowerCutKeepsNames | Fault::PowerCutTears)) => {
                let _ = work(self, false);
                self.cut_power(cut);
                self.ended = true;
                Err(ended())
            }
        }
    }

    fn cut_power(&mut self, how: Fault) {
        if how != Fault::PowerCut {
            self.durable_names = self.names.clone();
        }
        self.names = self.durable_names.clone();
        for file in &mut self.files {
            if how == Fault::PowerCutTears && file.data.starts_with(&file.durable) {
                let half = file.durable.len().midpoint(file.data.len());
                file.durable = file.data[..half].to_vec();
            }
            file.data = file.durable.clone();
        }
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Disk for ScratchDisk {
    fn open(&self, path: &Path, how: How) -> io::Result<Box<dyn File>> {
        let inode = self.call(how != How::Read, |state, _| {
            let inode = match (state.find(path), how) {
                (Err(error), How::Read) => return Err(error),
                (Err(_), _) => {
                    state.files.push(Inode::default());
                    let inode = state.files.len() - 1;
                    state.names.insert(path.into(), inode);
                    inode
                }
                (Ok(inode), _) => inode,
            };
            if how == How::Write {
                state.files[inode].data.clear();
            }
            Ok(inode)
        })?;
        Ok(Box::new(ScratchFile { disk: self.clone(), inode, at: 0 }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(true, |state, _| {
            let inode = state.find(from)?;
            state.names.remove(from);
            state.names.insert(to.into(), inode);
            Ok(())
        })
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(true, |state, _| {
            if state.no_links {
                return Err(ErrorKind::Unsupported.into());
            }
            let inode = state.find(from)?;
            if state.names.contains_key(to) {
                return Err(ErrorKind::AlreadyExists.into());
            }
            state.names.insert(to.into(), inode);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(true, |state, _| {
            state.find(path)?;
            state.names.remove(path);
            Ok(())
        })
    }

    fn create_folder(&self, _: &Path) -> io::Result<()> {
        self.call(true, |_, _| Ok(()))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.call(true, |state, _| {
            let inside = |name: &PathBuf| name.parent() == Some(path);
            state.durable_names.retain(|name, _| !inside(name));
            let names = state.names.iter().filter(|(name, _)| inside(name));
            let names: Vec<_> = names.map(|(name, inode)| (name.clone(), *inode)).collect();
            state.durable_names.extend(names);
            Ok(())
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.call(false, |state, _| {
            let inside = state.names.keys().filter(|name| name.parent() == Some(path));
            Ok(inside.filter_map(|name| Some(name.file_name()?.to_str()?.to_owned())).collect())
        })
    }

    fn lock(&self, _: &Path) -> io::Result<Box<dyn Send>> {
        let none: Box<dyn Any + Send> = Box::new(());
        self.call(true, |_, _| Ok(()))?;
        Ok(Box::new(none))
    }
}

struct ScratchFile {
    disk: ScratchDisk,
    inode: usize,
    at: usize,
}

impl File for ScratchFile {
    fn size(&mut self) -> io::Result<u64> {
        let inode = self.inode;
        self.disk.call(false, |state, _| Ok(state.files[inode].data.len() as u64))
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (inode, at) = (self.inode, self.at);
        let read = self.disk.call(false, |state, short| {
            let rest = state.files[inode].data.get(at..).unwrap_or_default();
            let mut size = rest.len().min(into.len());
            if short && size > 1 {
                size /= 2;
            }
            into[..size].copy_from_slice(&rest[..size]);
            Ok(size)
        })?;
        self.at += read;
        Ok(read)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let inode = self.inode;
        self.disk.call(true, |state, short| {
            let size = if short && bytes.len() > 1 { bytes.len() / 2 } else { bytes.len() };
            state.files[inode].data.extend_from_slice(&bytes[..size]);
            Ok(size)
        })
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        let inode = self.inode;
        self.disk.call(true, |state, _| {
            state.files[inode].data.truncate(usize::try_from(len).unwrap_or(usize::MAX));
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        let inode = self.inode;
        self.disk.call(true, |state, _| {
            state.files[inode].durable = state.files[inode].data.clone();
            Ok(())
        })
    }
}

/// The same numbers in every run (SplitMix64).
pub struct Seeded(Mutex<u64>);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}
