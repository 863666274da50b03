//! One ELF file: what its headers and its dynamic section say, as [the gABI](https://gabi.xinuos.com/) and
//! [the LSB](https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html) describe them.
//!
//! Only the parts that are looked at are read: a library for GPUs has hundreds of megabytes.

use std::fs::File;

use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, ReadCache, ReadRef, elf};

use crate::{Machine, fatbin};

/// No list of a file is longer; a real library names a few dozen.
const MOST: usize = 4096;

/// No table of names is read further, in bytes.
const STRINGS: u64 = 16 << 20;

/// What one ELF file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elf {
    /// The machine it is made for.
    pub machine: Option<Machine>,
    /// Whether it names another system than Linux.
    pub is_foreign_system: bool,
    /// Its loader, of a program that is linked dynamically.
    pub interpreter: Option<String>,
    /// The name by which others need it.
    pub soname: Option<String>,
    /// The libraries that it needs, in its own order.
    pub needed: Vec<String>,
    /// Where it looks for them first: `RUNPATH`, else `RPATH`, part by part.
    pub search: Vec<String>,
    /// The versions of symbols that it needs: the library, and the version's name such as `GLIBC_2.38`.
    pub versions: Vec<(String, String)>,
    /// The versions of symbols that it has, of a library.
    pub defines: Vec<String>,
    /// Architectures of NVIDIA GPUs for which it holds machine code, such as 90.
    pub cuda_code: Vec<u32>,
    /// Architectures for which it holds PTX, which newer GPUs compile for themselves.
    pub cuda_ptx: Vec<u32>,
    /// Whether it holds code for NVIDIA GPUs that cannot be read.
    pub cuda_unknown: bool,
    /// Whether any of that code is compressed with zstd.
    pub cuda_zstd: bool,
}

/// Reads the bytes of one file; `None` where they are no ELF file.
pub fn read(bytes: &[u8]) -> Option<Elf> {
    read_from(bytes)
}

/// Reads an open file, and of it only what is looked at.
pub fn read_file(file: &File) -> Option<Elf> {
    read_from(&ReadCache::new(file))
}

/// Reads the headers and the dynamic section of an open file, and not its code for GPUs: at once, whatever its size.
pub fn read_dynamic(file: &File) -> Option<Elf> {
    of_class(&ReadCache::new(file), false)
}

fn read_from<'d, R: ReadRef<'d>>(data: R) -> Option<Elf> {
    of_class(data, true)
}

fn of_class<'d, R: ReadRef<'d>>(data: R, code: bool) -> Option<Elf> {
    match data.read_bytes_at(0, 5).ok()?.get(4)? {
        1 => parse::<elf::FileHeader32<Endianness>, R>(data, code),
        2 => parse::<elf::FileHeader64<Endianness>, R>(data, code),
        _ => None,
    }
}

/// A file with what is needed to find an address in it.
struct Image<'d, H: FileHeader<Endian = Endianness>, R> {
    data: R,
    endian: Endianness,
    segments: &'d [H::ProgramHeader],
}

impl<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>> Image<'d, H, R> {
    /// Bytes at an address as the loader sees it, at most `limit`.
    fn at(&self, address: u64, limit: u64) -> Option<&'d [u8]> {
        let segment = self.segments.iter().find(|segment| {
            let (start, size): (u64, u64) = (segment.p_vaddr(self.endian).into(), segment.p_filesz(self.endian).into());
            segment.p_type(self.endian) == elf::PT_LOAD && address >= start && address - start < size
        })?;
        let (start, size): (u64, u64) = (segment.p_vaddr(self.endian).into(), segment.p_filesz(self.endian).into());
        let offset: u64 = segment.p_offset(self.endian).into();
        let inside = address.checked_sub(start)?;
        self.data.read_bytes_at(offset.checked_add(inside)?, (size - inside).min(limit)).ok()
    }
}

fn parse<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(data: R, code: bool) -> Option<Elf> {
    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let mut found = Elf {
        machine: Some(Machine::of(header.e_machine(endian), header.is_type_64())),
        // Linux mostly does not name itself.
        is_foreign_system: !matches!(header.e_ident().os_abi, elf::ELFOSABI_SYSV | elf::ELFOSABI_LINUX),
        ..Elf::default()
    };
    let segments = header.program_headers(endian, data).unwrap_or_default();
    found.interpreter = segments.iter().find_map(|segment| text(segment.interpreter(endian, data).ok()??));
    let image = Image::<H, R> { data, endian, segments };
    dynamic(&mut found, &image);
    if code && let Ok(sections) = header.sections(endian, data) {
        for section in sections.iter() {
            let name = sections.section_name(endian, section).unwrap_or_default();
            if matches!(name, b".nv_fatbin" | b"__nv_relfatbin") && section.sh_type(endian) != elf::SHT_NOBITS {
                let (at, size): (u64, u64) = (section.sh_offset(endian).into(), section.sh_size(endian).into());
                let read = fatbin::read(data, at, size);
                found.cuda_code.extend(read.code);
                found.cuda_ptx.extend(read.ptx);
                found.cuda_unknown |= read.is_unknown;
                found.cuda_zstd |= read.is_zstd;
            }
        }
    }
    for list in [&mut found.cuda_code, &mut found.cuda_ptx] {
        list.sort_unstable();
        list.dedup();
    }
    Some(found)
}

/// What the dynamic section says. It is found by its segment, as the loader does: a stripped file may have no sections.
fn dynamic<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(found: &mut Elf, image: &Image<'d, H, R>) {
    let Image { data, endian, segments } = *image;
    let Some(entries) = segments.iter().find_map(|segment| segment.dynamic(endian, data).ok()?) else { return };
    let all = |tag: elf::DynamicTag| {
        let end = entries.iter().take_while(|entry| entry.d_tag(endian) != elf::DT_NULL).take(MOST);
        end.filter(move |entry| entry.d_tag(endian) == tag).map(|entry| -> u64 { entry.d_val(endian).into() })
    };
    let one = |tag| all(tag).next();
    let size = one(elf::DT_STRSZ).unwrap_or_default().min(STRINGS);
    let strings = one(elf::DT_STRTAB).and_then(|at| image.at(at, size)).unwrap_or_default();
    let string = |offset: u64| text(strings.get(usize::try_from(offset).ok()?..)?.split(|byte| *byte == 0).next()?);
    found.needed = all(elf::DT_NEEDED).filter_map(string).collect();
    found.soname = one(elf::DT_SONAME).and_then(string);
    let search = one(elf::DT_RUNPATH).or_else(|| one(elf::DT_RPATH)).and_then(string).unwrap_or_default();
    found.search = search.split(':').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let table = |at: elf::DynamicTag| one(at).and_then(|at| image.at(at, 1 << 20)).unwrap_or_default();
    let words = Words { bytes: table(elf::DT_VERNEED), is_little: endian == Endianness::Little };
    found.versions = needed_versions(words, &string);
    let words = Words { bytes: table(elf::DT_VERDEF), ..words };
    found.defines = defined_versions(words, &string);
}

/// A table of numbers.
#[derive(Clone, Copy)]
struct Words<'a> {
    bytes: &'a [u8],
    is_little: bool,
}

impl Words<'_> {
    fn half(&self, at: usize) -> Option<u16> {
        let bytes: [u8; 2] = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn word(&self, at: usize) -> Option<usize> {
        let bytes: [u8; 4] = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    }
}

/// `Verneed` with its `Vernaux`: offsets from one to the next, 0 at the end.
fn needed_versions(words: Words<'_>, string: &impl Fn(u64) -> Option<String>) -> Vec<(String, String)> {
    let (mut versions, mut at) = (Vec::new(), 0);
    for _ in 0..MOST {
        let (Some(count), Some(file), Some(first), Some(next)) =
            (words.half(at + 2), words.word(at + 4), words.word(at + 8), words.word(at + 12))
        else {
            break;
        };
        let library = string(file as u64);
        let mut aux = at.saturating_add(first);
        for _ in 0..count {
            let (Some(flags), Some(name), Some(step)) =
                (words.half(aux + 4), words.word(aux + 8), words.word(aux + 12))
            else {
                break;
            };
            // A weak one (2) may be missing.
            if let (Some(library), Some(version), true) = (&library, string(name as u64), flags & 2 == 0) {
                versions.push((library.clone(), version));
            }
            if step == 0 || versions.len() >= MOST {
                break;
            }
            aux = aux.saturating_add(step);
        }
        if next == 0 || versions.len() >= MOST {
            break;
        }
        at = at.saturating_add(next);
    }
    versions
}

/// The first `Verdaux` of each `Verdef`: its name.
fn defined_versions(words: Words<'_>, string: &impl Fn(u64) -> Option<String>) -> Vec<String> {
    let (mut versions, mut at) = (Vec::new(), 0);
    for _ in 0..MOST {
        let (Some(first), Some(next)) = (words.word(at + 12), words.word(at + 16)) else { break };
        let name = words.word(at.saturating_add(first));
        versions.extend(name.and_then(|name| string(name as u64)));
        if next == 0 {
            break;
        }
        at = at.saturating_add(next);
    }
    versions
}

/// A name, where it is one that can be shown.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.is_empty() && text.len() <= 4096 && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
