//! People with an account.

use super::{
    SqlStore, StoreError,
    sql::{
        column::{column, text, time},
        refused, unavailable,
    },
};
use crate::domain::{
    id::UserId,
    sign_in::{EmailAddress, UserName},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, any::AnyRow, query};

/// A person who proved an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub user_id: UserId,
    pub email: EmailAddress,
    /// `None` until it is chosen.
    pub username: Option<UserName>,
    pub created_at: Timestamp,
}

impl SqlStore {
    /// Keeps that an address was proved: makes its user, with this id, or leaves the one that is there. Returns whose
    /// address it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ensure_user(&self, new_id: UserId, email: EmailAddress, now: Timestamp) -> Result<UserId, StoreError> {
        self.write(move |db| Box::pin(async move { ensure(db, &new_id, &email, now).await })).await
    }

    /// The user with this address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        let row = query("SELECT * FROM users WHERE email = $1")
            .bind(email.as_str())
            .fetch_optional(self.readers())
            .await
            .map_err(unavailable)?;
        row.as_ref().map(user).transpose()
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        let select = query("SELECT * FROM users WHERE user_id = $1").bind(user_id.as_str());
        let row = select.fetch_optional(self.readers()).await.map_err(unavailable)?;
        row.as_ref().map(user).transpose()
    }

    /// Gives a user a name, in place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when somebody else has it in whatever case, [`StoreError::Unknown`] when there is no such
    /// user.
    pub async fn set_username(&self, user_id: UserId, name: UserName) -> Result<(), StoreError> {
        self.write(move |db| Box::pin(async move { rename(db, &user_id, &name).await })).await
    }
}

async fn ensure(
    db: &mut AnyConnection,
    new_id: &UserId,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<UserId, StoreError> {
    query("INSERT INTO users (user_id, email, created_at) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING")
        .bind(new_id.as_str())
        .bind(email.as_str())
        .bind(now.as_millisecond())
        .execute(&mut *db)
        .await
        .map_err(refused)?;
    let row = query("SELECT user_id FROM users WHERE email = $1")
        .bind(email.as_str())
        .fetch_one(&mut *db)
        .await
        .map_err(unavailable)?;
    Ok(UserId::new(text(&row, "user_id")?))
}

async fn rename(db: &mut AnyConnection, user_id: &UserId, name: &UserName) -> Result<(), StoreError> {
    let done = query("UPDATE users SET username = $1, username_folded = $2 WHERE user_id = $3")
        .bind(name.as_str())
        .bind(name.folded())
        .bind(user_id.as_str())
        .execute(&mut *db)
        .await
        .map_err(refused)?;
    if done.rows_affected() == 0 { Err(StoreError::Unknown) } else { Ok(()) }
}

fn user(row: &AnyRow) -> Result<User, StoreError> {
    let username: Option<String> = column(row, "username")?;
    Ok(User {
        user_id: UserId::new(text(row, "user_id")?),
        email: EmailAddress::parse(&text(row, "email")?).map_err(|_| StoreError::Damaged("email"))?,
        username: username
            .map(|name| UserName::parse(&name).map_err(|_| StoreError::Damaged("username")))
            .transpose()?,
        created_at: time(row, "created_at")?,
    })
}
