//! Rooms in the store: their terms, their members, and what they count for. Who is connected is not kept.

use super::{
    SqlStore, StoreError,
    sql::{
        column::{column, number, optional_number, optional_time, text, time},
        refused,
    },
};
use crate::domain::{
    auth::Owner,
    room::{RoomCode, RoomTerms},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, any::AnyRow, query};

/// A room as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoom {
    pub terms: RoomTerms,
    pub closed_at: Option<Timestamp>,
    pub participants_total: u64,
    /// In the order of joining.
    pub members: Vec<StoredMember>,
}

/// A user who joined a room and has not left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMember {
    pub user_id: String,
    pub display_name: String,
    pub joined_at: Timestamp,
}

/// What forgotten rooms still count for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomTallies {
    pub closed: u64,
    pub expired: u64,
    pub participants: u64,
}

impl SqlStore {
    /// Keeps a new room, with its first member where it has one. [`StoreError::Exists`] if the code is taken.
    pub async fn create_room(&self, terms: RoomTerms, first: Option<StoredMember>) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                query(
                    "INSERT INTO rooms (code, owner_kind, owner_subject, owner_id, name, description, created_at, \
                     expires_at, closed_at, participants_max, participants_total) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9, $10)",
                )
                .bind(terms.code.to_string())
                .bind(terms.owner.kind().to_owned())
                .bind(terms.owner.subject().to_owned())
                .bind(terms.owner_id.clone())
                .bind(terms.name.clone())
                .bind(terms.description.clone())
                .bind(terms.created_at.as_millisecond())
                .bind(terms.expires_at.map(Timestamp::as_millisecond))
                .bind(terms.participants_max.map(i64::from))
                .bind(i64::from(first.is_some()))
                .execute(&mut *db)
                .await
                .map_err(refused)?;
                match &first {
                    Some(member) => insert_member(db, terms.code, member).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// Keeps that a user joined; `participants_total` counts this one already. Joining again changes nothing.
    pub async fn join_room(
        &self,
        code: RoomCode,
        member: StoredMember,
        participants_total: u64,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                put_total(&mut *db, code, participants_total).await?;
                insert_member(db, code, &member).await
            })
        })
        .await
    }

    /// Keeps that a user left.
    pub async fn leave_room(&self, code: RoomCode, user_id: &str) -> Result<(), StoreError> {
        let user_id = user_id.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let left = query("DELETE FROM room_members WHERE code = $1 AND user_id = $2")
                    .bind(code.to_string())
                    .bind(user_id)
                    .execute(db);
                left.await.map_err(refused).map(|_| ())
            })
        })
        .await
    }

    /// Keeps that a room was closed. [`StoreError::Unknown`] if there is none, or it is closed.
    pub async fn close_room(&self, code: RoomCode, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let closed = query("UPDATE rooms SET closed_at = $2 WHERE code = $1 AND closed_at IS NULL")
                    .bind(code.to_string())
                    .bind(at.as_millisecond())
                    .execute(db)
                    .await
                    .map_err(refused)?;
                if closed.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Unknown) }
            })
        })
        .await
    }

    /// Keeps how many ever joined. A number never goes down.
    pub async fn put_room_totals(&self, totals: Vec<(RoomCode, u64)>) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                for &(code, total) in &totals {
                    put_total(&mut *db, code, total).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Forgets rooms, and adds what they counted for to the tallies.
    pub async fn forget_rooms(&self, codes: Vec<RoomCode>, add: RoomTallies) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                for code in &codes {
                    for table in ["DELETE FROM room_members WHERE code = $1", "DELETE FROM rooms WHERE code = $1"] {
                        query(table).bind(code.to_string()).execute(&mut *db).await.map_err(refused)?;
                    }
                }
                for (name, value) in
                    [("closed", add.closed), ("expired", add.expired), ("participants", add.participants)]
                {
                    query(
                        "INSERT INTO room_tallies (name, value) VALUES ($1, $2) \
                         ON CONFLICT (name) DO UPDATE SET value = room_tallies.value + excluded.value",
                    )
                    .bind(name.to_owned())
                    .bind(saturated(value))
                    .execute(&mut *db)
                    .await
                    .map_err(refused)?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Everything about rooms, for the start: they are served from memory.
    pub async fn load_rooms(&self) -> Result<(Vec<StoredRoom>, RoomTallies), StoreError> {
        let rows = query("SELECT * FROM rooms ORDER BY code").fetch_all(self.readers()).await.map_err(refused)?;
        let mut rooms = rows.iter().map(room).collect::<Result<Vec<_>, _>>()?;
        rooms.sort_by_key(|room| room.terms.code);
        let rows = query("SELECT * FROM room_members ORDER BY joined_at, user_id");
        for row in rows.fetch_all(self.readers()).await.map_err(refused)? {
            let code = code(&row)?;
            if let Ok(at) = rooms.binary_search_by_key(&code, |room| room.terms.code) {
                rooms[at].members.push(member(&row)?);
            }
        }
        let mut tallies = RoomTallies::default();
        for row in query("SELECT * FROM room_tallies").fetch_all(self.readers()).await.map_err(refused)? {
            let value = number(&row, "value")?;
            match text(&row, "name")?.as_str() {
                "closed" => tallies.closed = value,
                "expired" => tallies.expired = value,
                "participants" => tallies.participants = value,
                _ => return Err(StoreError::Damaged("room_tallies.name")),
            }
        }
        Ok((rooms, tallies))
    }
}

async fn insert_member(db: &mut AnyConnection, code: RoomCode, member: &StoredMember) -> Result<(), StoreError> {
    let inserted = query(
        "INSERT INTO room_members (code, user_id, display_name, joined_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (code, user_id) DO NOTHING",
    )
    .bind(code.to_string())
    .bind(member.user_id.clone())
    .bind(member.display_name.clone())
    .bind(member.joined_at.as_millisecond())
    .execute(db);
    inserted.await.map_err(refused).map(|_| ())
}

async fn put_total(db: &mut AnyConnection, code: RoomCode, total: u64) -> Result<(), StoreError> {
    let put = query("UPDATE rooms SET participants_total = $2 WHERE code = $1 AND participants_total < $2")
        .bind(code.to_string())
        .bind(saturated(total))
        .execute(db);
    put.await.map_err(refused).map(|_| ())
}

fn room(row: &AnyRow) -> Result<StoredRoom, StoreError> {
    let owner = Owner::from_stored(&text(row, "owner_kind")?, &text(row, "owner_subject")?);
    Ok(StoredRoom {
        terms: RoomTerms {
            code: code(row)?,
            owner: owner.ok_or(StoreError::Damaged("owner_kind"))?,
            owner_id: column(row, "owner_id")?,
            name: column(row, "name")?,
            description: column(row, "description")?,
            created_at: time(row, "created_at")?,
            expires_at: optional_time(row, "expires_at")?,
            participants_max: optional_number(row, "participants_max")?,
        },
        closed_at: optional_time(row, "closed_at")?,
        participants_total: number(row, "participants_total")?,
        members: Vec::new(),
    })
}

fn member(row: &AnyRow) -> Result<StoredMember, StoreError> {
    Ok(StoredMember {
        user_id: text(row, "user_id")?,
        display_name: text(row, "display_name")?,
        joined_at: time(row, "joined_at")?,
    })
}

fn code(row: &AnyRow) -> Result<RoomCode, StoreError> {
    RoomCode::parse(&text(row, "code")?).ok_or(StoreError::Damaged("code"))
}

fn saturated(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
