//! slowmode - users speak at most once in a while; a plugin in Rust.
//!
//! A hook of the authentication chain looks at each event before it is
//! handled, and denies those in `events` that come too soon.
//!
//!     -> {"event_type":"slowmode.status","ref":"1"}
//!     <- {"event_type":"ack","ref":"1","pause_ms":5000,"wait_ms":1200}

mod ffi;
mod pace;

use ffi::*;
use pace::Pace;
use std::mem::size_of;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// A C string of this file.
macro_rules! c {
    ($text:expr) => {
        concat!($text, "\0").as_ptr() as *const c_char
    };
}

struct Slowmode {
    plugin: nx_plugin, // what the server knows of it
    host: *const nx_host,
    log: *const nx_log_v1,
    config: *const nx_config_v1,
    json: *const nx_json_v1,
    router: *const nx_router_v1,
    timers: *const nx_timers_v1,
    auth: *const nx_auth_v1,
    pause_ms: u64,
    events: Vec<String>,
    pace: Pace,
    reason: String, // of the last denial: borrowed by the server until it returns
}

// ---- between the two languages ----

/// Borrowed until the callback returns, like the string it comes from.
unsafe fn to_str<'a>(text: nx_str) -> &'a str {
    if text.ptr.is_null() {
        return "";
    }
    let bytes = std::slice::from_raw_parts(text.ptr as *const u8, text.len);
    std::str::from_utf8(bytes).unwrap_or("")
}

fn to_nx(text: &str) -> nx_str {
    nx_str { ptr: text.as_ptr() as *const c_char, len: text.len() }
}

/// No panic leaves the plugin: the server is C and cannot unwind.
fn guarded(me: &mut Slowmode, body: impl FnOnce(&mut Slowmode) -> i32) -> i32 {
    match catch_unwind(AssertUnwindSafe(|| body(me))) {
        Ok(status) => status,
        Err(_) => {
            let text = to_nx("a panic; stderr says where");
            unsafe { ((*me.log).write)(me.host, NX_LOG_ERROR, text, ptr::null(), 0) };
            NX_ERR_INTERNAL
        }
    }
}

unsafe fn of_plugin<'a>(plugin: *const nx_plugin) -> &'a mut Slowmode {
    &mut *((*plugin).self_ as *mut Slowmode)
}

// ---- what it does ----

impl Slowmode {
    fn now(&self) -> u64 {
        unsafe { ((*self.timers).now_ms)(self.host) }
    }

    fn is_slowed(&self, event_type: &str) -> bool {
        self.events.iter().any(|prefix| event_type.starts_with(prefix.as_str()))
    }

    unsafe fn judge(&mut self, ask: &nx_auth_request, decision: *mut nx_auth_decision) -> i32 {
        if !self.is_slowed(to_str(ask.type_)) {
            return NX_AUTH_DEFER;
        }
        let (user, now) = (to_str(ask.user), self.now());
        let wait = self.pace.wait_ms(user, now, self.pause_ms);
        if wait == 0 {
            // The next plugin, or the server's own rule, has its say.
            self.pace.spoke(user, now, self.pause_ms);
            return NX_AUTH_DEFER;
        }
        self.reason = format!("slow mode: wait {} seconds more", (wait + 999) / 1000);
        (*decision).reason = to_nx(&self.reason);
        NX_AUTH_DENY
    }

    unsafe fn status(&mut self, ev: &nx_event) -> i32 {
        let no_fields =
            nx_field { name: ptr::null(), kinds: 0, flags: 0, min: 0, max: 0 };
        let status = ((*self.json).expect)(self.host, ev, &no_fields);
        if status != NX_OK {
            return status;
        }
        let answer = ((*self.json).object)(self.host);
        if answer.is_null() {
            return NX_ERR_NO_MEMORY;
        }
        let wait = self.pace.wait_ms(to_str(ev.user), self.now(), self.pause_ms);
        ((*self.json).put_i64)(answer, c!("pause_ms"), self.pause_ms as i64);
        ((*self.json).put_i64)(answer, c!("wait_ms"), wait as i64);
        ((*self.router).reply)(self.host, ev.op, answer, NX_REPLY_RESULT);
        NX_DONE
    }

    unsafe fn configure(&mut self, cfg: *const nx_config) {
        let config = &*self.config;
        self.pause_ms = (config.get_int)(cfg, c!("seconds")) as u64 * 1000;
        self.pace.set_limit((config.get_int)(cfg, c!("users")) as usize);
        self.events = to_str((config.get_str)(cfg, c!("events")))
            .split(',')
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect();
    }

    // A user in the state: when it spoke (8 bytes), its length (8), its name.
    unsafe fn save(&self, writer: *const nx_state_writer) -> nx_status {
        for (user, last) in self.pace.each() {
            let mut row = last.to_ne_bytes().to_vec();
            row.extend_from_slice(&(user.len() as u64).to_ne_bytes());
            row.extend_from_slice(user.as_bytes());
            let status = ((*writer).write)(writer, row.as_ptr() as *const c_void, row.len());
            if status != NX_OK {
                return status;
            }
        }
        NX_OK
    }

    unsafe fn restore(&mut self, reader: *const nx_state_reader) {
        let mut state = vec![0u8; (*reader).total as usize];
        let mut len = 0;
        // Short reads are normal.
        while len < state.len() {
            let at = state.as_mut_ptr().add(len) as *mut c_void;
            match ((*reader).read)(reader, at, state.len() - len) {
                0 => break,
                got => len += got,
            }
        }
        let mut rest = &state[..len];
        while rest.len() >= 16 {
            let last = u64::from_ne_bytes(rest[..8].try_into().unwrap());
            let name_len = u64::from_ne_bytes(rest[8..16].try_into().unwrap()) as usize;
            let name = &rest[16..16 + name_len];
            self.pace.spoke(std::str::from_utf8(name).unwrap(), last, self.pause_ms);
            rest = &rest[16 + name_len..];
        }
    }
}

// ---- what the server calls ----

unsafe extern "C" fn on_ask(
    user: *mut c_void,
    request: *const nx_auth_request,
    decision: *mut nx_auth_decision,
) -> i32 {
    let verdict = guarded(&mut *(user as *mut Slowmode), |me| me.judge(&*request, decision));
    if verdict == NX_ERR_INTERNAL {
        return NX_AUTH_DEFER; // a mistake here silences nobody
    }
    verdict
}

unsafe extern "C" fn on_event(user: *mut c_void, ev: *const nx_event) -> i32 {
    guarded(&mut *(user as *mut Slowmode), |me| match to_str((*ev).type_) {
        "slowmode.status" => me.status(&*ev),
        _ => NX_PASS,
    })
}

unsafe extern "C" fn configure(
    plugin: *mut nx_plugin,
    cfg: *const nx_config,
    _diag: *mut nx_diag,
    mode: u32,
) -> nx_status {
    guarded(of_plugin(plugin), |me| {
        if mode == NX_CONFIGURE_APPLY {
            me.configure(cfg);
        }
        NX_OK
    })
}

unsafe extern "C" fn start(plugin: *mut nx_plugin, prev: *const nx_state_reader) -> nx_status {
    guarded(of_plugin(plugin), |me| {
        let user = me as *mut Slowmode as *mut c_void;
        let mut status = ((*me.auth).hook)(me.host, NX_AUTH_SEND, on_ask, user);
        if status == NX_OK {
            status = ((*me.router).handle)(me.host, c!("slowmode."), on_event, user);
        }
        if status == NX_OK && !prev.is_null() {
            me.restore(prev);
        }
        status
    })
}

unsafe extern "C" fn save_state(
    plugin: *const nx_plugin,
    writer: *const nx_state_writer,
) -> nx_status {
    guarded(of_plugin(plugin), |me| me.save(writer))
}

unsafe extern "C" fn destroy(plugin: *mut nx_plugin) {
    drop(Box::from_raw((*plugin).self_ as *mut Slowmode));
}

unsafe fn interface<T>(host: *const nx_host, name: *const c_char) -> *const T {
    ((*host).get_interface)(host, name, 1) as *const T
}

unsafe extern "C" fn create(host: *const nx_host, out: *mut *mut nx_plugin) -> nx_status {
    let made = catch_unwind(|| {
        Box::into_raw(Box::new(Slowmode {
            plugin: nx_plugin {
                struct_size: size_of::<nx_plugin>() as u32,
                reserved0: 0,
                self_: ptr::null_mut(),
                configure: Some(configure),
                start: Some(start),
                quiesce: None,
                save_state: Some(save_state),
                resume: None,
                destroy: Some(destroy),
                get_interface: None,
            },
            host,
            log: interface(host, c!("nexus.log")),
            config: interface(host, c!("nexus.config")),
            json: interface(host, c!("nexus.json")),
            router: interface(host, c!("nexus.router")),
            timers: interface(host, c!("nexus.timers")),
            auth: interface(host, c!("nexus.auth")),
            pause_ms: 0,
            events: Vec::new(),
            pace: Pace::new(),
            reason: String::new(),
        }))
    });
    match made {
        Ok(me) => {
            (*me).plugin.self_ = me as *mut c_void;
            *out = &mut (*me).plugin;
            NX_OK
        }
        Err(_) => NX_ERR_UNSUPPORTED,
    }
}

// ---- who it is ----

/// Constant, and therefore fine to share between threads.
#[repr(transparent)]
struct Shared<T>(T);
unsafe impl<T> Sync for Shared<T> {}

static PREFIXES: Shared<[*const c_char; 2]> = Shared([c!("slowmode."), ptr::null()]);
static REQUIRES: Shared<[*const c_char; 7]> = Shared([
    c!("nexus.log/1"),
    c!("nexus.config/1"),
    c!("nexus.json/1"),
    c!("nexus.router/1"),
    c!("nexus.timers/1"),
    c!("nexus.auth/1"),
    ptr::null(),
]);

const fn setting(
    key: *const c_char,
    kind: u32,
    fallback: *const c_char,
    range: *const c_char,
    help: *const c_char,
) -> nx_setting {
    nx_setting { key, kind, flags: NX_SETTING_LIVE, fallback, range, help }
}

static SETTINGS: Shared<[nx_setting; 4]> = Shared([
    setting(c!("seconds"), NX_SETTING_INT, c!("5"), c!("1..86400"),
        c!("pause between two events of one user")),
    setting(c!("events"), NX_SETTING_STRING, c!("chat.message"), ptr::null(),
        c!("event types or prefixes of them that are slowed, comma-separated")),
    setting(c!("users"), NX_SETTING_INT, c!("100000"), c!("1..10000000"),
        c!("users remembered at one time")),
    setting(ptr::null(), 0, ptr::null(), ptr::null(), ptr::null()),
]);

static INFO: Shared<nx_plugin_info> = Shared(nx_plugin_info {
    struct_size: size_of::<nx_plugin_info>() as u32,
    flags: 0,
    state_version: 1,
    state_version_min: 1,
    id: c!("slowmode"),
    version: c!("1.0.0"),
    license: c!("MIT"),
    description: c!("users speak at most once in a while"),
    prefixes: &PREFIXES.0 as *const *const c_char,
    requires_: &REQUIRES.0 as *const *const c_char,
    settings: &SETTINGS.0 as *const nx_setting,
});

const MANIFEST_TEXT: &str = concat!(
    "NEXUS-PLUGIN\x02",
    "{\"id\":\"slowmode\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"license\":\"MIT\",",
    "\"prefixes\":[\"slowmode.\"],\"requires\":[\"nexus.log/1\", \"nexus.config/1\", ",
    "\"nexus.json/1\", \"nexus.router/1\", \"nexus.timers/1\", \"nexus.auth/1\"]}\x03",
);

/// What a tool reads from the file without running it.
#[link_section = ".nexus.info"]
static MANIFEST: [u8; MANIFEST_TEXT.len()] = {
    let mut bytes = [0; MANIFEST_TEXT.len()];
    let mut i = 0;
    while i < bytes.len() {
        bytes[i] = MANIFEST_TEXT.as_bytes()[i];
        i += 1;
    }
    bytes
};

/// The entry, and behind it what keeps the linker from dropping the manifest.
#[repr(C)]
pub struct Exported {
    entry: nx_plugin_entry,
    manifest: *const u8,
}
unsafe impl Sync for Exported {}

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static nexus_plugin_v1: Exported = Exported {
    entry: nx_plugin_entry {
        magic: NX_PLUGIN_MAGIC,
        struct_size: size_of::<nx_plugin_entry>() as u32,
        abi_major: NX_ABI_MAJOR,
        abi_minor: NX_ABI_MINOR,
        reserved0: 0,
        info: &INFO.0,
        create,
    },
    manifest: &MANIFEST as *const u8,
};
