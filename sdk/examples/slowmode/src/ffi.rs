//! The C side: what this plugin uses of <nexus/...>, under the same names.
//!
//! Written by hand and held against the headers by tests/layout.c: sizes and
//! offsets must agree. A table may end early, since tables only ever grow at
//! the end; a function that is not called is `Unused`.

#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_void};

pub type nx_status = i32;
pub type Unused = Option<unsafe extern "C" fn()>;

pub const NX_OK: nx_status = 0;
pub const NX_ERR_NO_MEMORY: nx_status = -2;
pub const NX_ERR_UNSUPPORTED: nx_status = -10;
pub const NX_ERR_INTERNAL: nx_status = -15;

pub const NX_PLUGIN_MAGIC: u32 = 0x3150_584e;
pub const NX_ABI_MAJOR: u16 = 1;
pub const NX_ABI_MINOR: u16 = 0;

pub const NX_SETTING_INT: u32 = 1;
pub const NX_SETTING_STRING: u32 = 2;
pub const NX_SETTING_LIVE: u32 = 1 << 2;

pub const NX_CONFIGURE_APPLY: u32 = 2;

pub const NX_AUTH_SEND: u32 = 1 << 2;
pub const NX_AUTH_DEFER: i32 = 0;
pub const NX_AUTH_DENY: i32 = 2;

pub const NX_DONE: i32 = 0;
pub const NX_PASS: i32 = 2;
pub const NX_REPLY_RESULT: u32 = 1;

pub const NX_LOG_ERROR: u32 = 3;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nx_str {
    pub ptr: *const c_char,
    pub len: usize,
}

// Only ever seen through a pointer.
#[repr(C)]
pub struct nx_config(c_void);
#[repr(C)]
pub struct nx_diag(c_void);
#[repr(C)]
pub struct nx_json(c_void);
#[repr(C)]
pub struct nx_writer(c_void);

#[repr(C)]
pub struct nx_host {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub ctx: *mut c_void,
    pub server_version: *const c_char,
    pub get_interface: unsafe extern "C" fn(
        host: *const nx_host,
        name: *const c_char,
        version: u32,
    ) -> *const c_void,
}

#[repr(C)]
pub struct nx_setting {
    pub key: *const c_char,
    pub kind: u32,
    pub flags: u32,
    pub fallback: *const c_char,
    pub range: *const c_char,
    pub help: *const c_char,
}

#[repr(C)]
pub struct nx_plugin_info {
    pub struct_size: u32,
    pub flags: u32,
    pub state_version: u32,
    pub state_version_min: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub license: *const c_char,
    pub description: *const c_char,
    pub prefixes: *const *const c_char,
    pub requires_: *const *const c_char,
    pub settings: *const nx_setting,
}

#[repr(C)]
pub struct nx_plugin_entry {
    pub magic: u32,
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub reserved0: u32,
    pub info: *const nx_plugin_info,
    pub create:
        unsafe extern "C" fn(host: *const nx_host, out: *mut *mut nx_plugin) -> nx_status,
}

#[repr(C)]
pub struct nx_state_writer {
    pub struct_size: u32,
    pub reserved0: u32,
    pub ctx: *mut c_void,
    pub write: unsafe extern "C" fn(
        writer: *const nx_state_writer,
        data: *const c_void,
        len: usize,
    ) -> nx_status,
}

#[repr(C)]
pub struct nx_state_reader {
    pub struct_size: u32,
    pub state_version: u32,
    pub ctx: *mut c_void,
    pub total: u64,
    pub read: unsafe extern "C" fn(
        reader: *const nx_state_reader,
        buf: *mut c_void,
        len: usize,
    ) -> usize,
}

#[repr(C)]
pub struct nx_plugin {
    pub struct_size: u32,
    pub reserved0: u32,
    pub self_: *mut c_void,
    pub configure: Option<
        unsafe extern "C" fn(
            plugin: *mut nx_plugin,
            cfg: *const nx_config,
            diag: *mut nx_diag,
            mode: u32,
        ) -> nx_status,
    >,
    pub start: Option<
        unsafe extern "C" fn(plugin: *mut nx_plugin, prev: *const nx_state_reader) -> nx_status,
    >,
    pub quiesce: Unused,
    pub save_state: Option<
        unsafe extern "C" fn(
            plugin: *const nx_plugin,
            writer: *const nx_state_writer,
        ) -> nx_status,
    >,
    pub resume: Unused,
    pub destroy: Option<unsafe extern "C" fn(plugin: *mut nx_plugin)>,
    pub get_interface: Unused,
}

#[repr(C)]
pub struct nx_log_v1 {
    pub struct_size: u32,
    pub version: u32,
    pub write: unsafe extern "C" fn(
        host: *const nx_host,
        level: u32,
        message: nx_str,
        fields: *const c_void,
        count: usize,
    ),
}

#[repr(C)]
pub struct nx_config_v1 {
    pub struct_size: u32,
    pub version: u32,
    pub get_int: unsafe extern "C" fn(cfg: *const nx_config, key: *const c_char) -> i64,
    pub get_bool: Unused,
    pub get_str: unsafe extern "C" fn(cfg: *const nx_config, key: *const c_char) -> nx_str,
}

#[repr(C)]
pub struct nx_json_v1 {
    pub struct_size: u32,
    pub version: u32,
    pub kind: Unused,
    pub get: Unused,
    pub at: Unused,
    pub count: Unused,
    pub str_: Unused,
    pub i64_: Unused,
    pub f64_: Unused,
    pub boolean: Unused,
    pub each: Unused,
    pub raw: Unused,
    pub parse: Unused,
    pub expect: unsafe extern "C" fn(
        host: *const nx_host,
        ev: *const nx_event,
        fields: *const nx_field,
    ) -> nx_status,
    pub object: unsafe extern "C" fn(host: *const nx_host) -> *mut nx_writer,
    pub event: Unused,
    pub put_str: Unused,
    pub put_i64: unsafe extern "C" fn(writer: *mut nx_writer, key: *const c_char, value: i64),
}

#[repr(C)]
pub struct nx_field {
    pub name: *const c_char,
    pub kinds: u32,
    pub flags: u32,
    pub min: i64,
    pub max: i64,
}

#[repr(C)]
pub struct nx_event {
    pub struct_size: u32,
    pub kind: u32,
    pub seq: u64,
    pub received_ns: u64,
    pub session: u64,
    pub op: u64,
    pub type_: nx_str,
    pub user: nx_str,
    pub ref_: nx_str,
    pub raw: nx_str,
    pub json: *const nx_json,
}

pub type nx_event_fn = unsafe extern "C" fn(user: *mut c_void, ev: *const nx_event) -> i32;

#[repr(C)]
pub struct nx_router_v1 {
    pub struct_size: u32,
    pub version: u32,
    pub handle: unsafe extern "C" fn(
        host: *const nx_host,
        prefix: *const c_char,
        fn_: nx_event_fn,
        user: *mut c_void,
    ) -> nx_status,
    pub observe: Unused,
    pub on_session: Unused,
    pub reply: unsafe extern "C" fn(
        host: *const nx_host,
        op: u64,
        result: *mut nx_writer,
        flags: u32,
    ) -> nx_status,
}

#[repr(C)]
pub struct nx_timers_v1 {
    pub struct_size: u32,
    pub version: u32,
    pub set: Unused,
    pub cancel: Unused,
    pub now_ms: unsafe extern "C" fn(host: *const nx_host) -> u64,
}

#[repr(C)]
pub struct nx_auth_request {
    pub struct_size: u32,
    pub action: u32,
    pub op: u64,
    pub session: u64,
    pub user: nx_str,
    pub token: nx_str,
    pub address: nx_str,
    pub room: nx_str,
    pub type_: nx_str,
    pub method: nx_str,
    pub path: nx_str,
}

#[repr(C)]
pub struct nx_auth_decision {
    pub struct_size: u32,
    pub verdict: i32,
    pub user: nx_str,
    pub reason: nx_str,
    pub expires_ms: i64,
}

pub type nx_auth_fn = unsafe extern "C" fn(
    user: *mut c_void,
    request: *const nx_auth_request,
    decision: *mut nx_auth_decision,
) -> i32;

#[repr(C)]
pub struct nx_auth_v1 {
    pub struct_size: u32,
    pub version: u32,
    pub hook: unsafe extern "C" fn(
        host: *const nx_host,
        actions: u32,
        fn_: nx_auth_fn,
        user: *mut c_void,
    ) -> nx_status,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{size_of, MaybeUninit};
    use std::ptr::addr_of;

    macro_rules! layout {
        ($($name:ident { $($member:ident),* })*) => {{
            let mut text = String::new();
            $({
                text += &format!("{} {}\n", stringify!($name), size_of::<$name>());
                $({
                    let value = MaybeUninit::<$name>::uninit();
                    let base = value.as_ptr();
                    // Nothing is read: only addresses are compared.
                    let member = unsafe { addr_of!((*base).$member) } as usize;
                    text += &format!(
                        "{}.{} {}\n",
                        stringify!($name),
                        stringify!($member).trim_end_matches('_'),
                        member - base as usize
                    );
                })*
            })*
            text
        }};
    }

    // Tables and callbacks are compared by the offsets of what is used.
    #[test]
    fn agrees_with_the_headers() {
        let program = std::env::var("NEXUS_LAYOUT").expect("NEXUS_LAYOUT: the program of layout.c");
        let output = std::process::Command::new(program).output().unwrap();
        let ours = layout! {
            nx_str { ptr, len }
            nx_host { struct_size, abi_major, abi_minor, ctx, server_version, get_interface }
            nx_setting { key, kind, flags, fallback, range, help }
            nx_plugin_info { struct_size, flags, state_version, state_version_min, id, version,
                license, description, prefixes, requires_, settings }
            nx_plugin_entry { magic, struct_size, abi_major, abi_minor, reserved0, info, create }
            nx_state_writer { struct_size, ctx, write }
            nx_state_reader { struct_size, state_version, ctx, total, read }
            nx_plugin { struct_size, self_, configure, start, quiesce, save_state, resume,
                destroy, get_interface }
            nx_field { name, kinds, flags, min, max }
            nx_event { struct_size, kind, seq, received_ns, session, op, type_, user, ref_, raw,
                json }
            nx_auth_request { struct_size, action, op, session, user, token, address, room, type_,
                method, path }
            nx_auth_decision { struct_size, verdict, user, reason, expires_ms }
        };
        let tables = layout! {
            nx_log_v1 { write }
            nx_config_v1 { get_int, get_str }
            nx_json_v1 { expect, object, put_i64 }
            nx_router_v1 { handle, reply }
            nx_timers_v1 { now_ms }
            nx_auth_v1 { hook }
        };
        // A table may be longer in the headers: its size is not compared.
        let members = tables.lines().filter(|line| line.contains('.'));
        let ours = ours + &members.map(|line| format!("{line}\n")).collect::<String>();
        assert_eq!(ours, String::from_utf8(output.stdout).unwrap());
    }
}
