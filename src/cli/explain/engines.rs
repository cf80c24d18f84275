//! Manual pages of the stock servers that `engine` starts. They come from the recipes; nothing is written here.

use crate::live::engines::RECIPES;

pub fn words() -> Vec<String> {
    RECIPES.iter().map(|recipe| recipe.engine.word().to_owned()).collect()
}

pub fn page(word: &str, bold: &dyn Fn(&str) -> String) -> Option<String> {
    let recipe = RECIPES.iter().find(|recipe| recipe.engine.word() == word)?;
    Some(format!("{}\n\n{}", bold(&format!("{word} (stock server)")), recipe.manual()))
}
